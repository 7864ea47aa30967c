/*
 * Tries to get out of the machine in every way that a Node program has, and passes over each error, as a careless dependency would:
 * node network-attempts.mjs. No packet needs to arrive: the addresses are those that are reserved for documentation.
 */
import dgram from 'node:dgram';
import dns from 'node:dns';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { Worker, isMainThread } from 'node:worker_threads';

const V4 = '203.0.113.7';
const V6 = '2001:db8::7';
const TIMEOUT_MS = 3_000;

const ended = (emitter) =>
  new Promise((resolve) => {
    for (const event of ['error', 'close', 'connect']) emitter.once(event, resolve);
    setTimeout(resolve, TIMEOUT_MS).unref();
  });

const attempts = {
  connect: () => ended(net.connect(443, V4)),
  connectOptions: () => ended(net.connect({ host: V6, port: 443 })),
  socket: () => ended(new net.Socket().connect(443, V4)),
  tls: () => ended(tls.connect(443, V4)),
  https: () => ended(https.get(`https://${V4}/`)),
  http2: () => ended(http2.connect(`https://${V4}`)),
  fetch: () => fetch(`http://${V4}/`, { signal: AbortSignal.timeout(TIMEOUT_MS) }),
  lookup: () => new Promise((resolve) => dns.lookup('telemetry.example.com', resolve)),
  resolve: () => dns.promises.resolve4('telemetry.example.com'),
  resolver: () => new dns.promises.Resolver({ timeout: 200, tries: 1 }).resolveTxt('telemetry.example.com'),
  udp: () => new Promise((resolve) => dgram.createSocket('udp4').send('hello', 53, V4, resolve)),
};

for (const [name, attempt] of Object.entries(attempts)) {
  try {
    await attempt();
  } catch {
    // As a careless dependency would.
  }
  console.log(isMainThread ? name : `thread ${name}`);
}
if (isMainThread) await new Promise((resolve) => new Worker(new URL(import.meta.url)).on('exit', resolve));
// What stays open waits for nothing.
process.exit(0);
