/*
 * Preloaded into every Node process and thread of no-network.test.ts (NODE_OPTIONS=--import): refuses whatever leads out of this
 * machine, and notes it in the file NETWORK_GUARD_LOG, so that it is known even where the program passes over the error.
 */
import { appendFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';

const require = createRequire(import.meta.url);
const net = require('node:net');
const dns = require('node:dns');
const dgram = require('node:dgram');

function isLocal(host) {
  return host === undefined || host === null || host === '' || host === 'localhost' || host === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(String(host));
}

function refuse(what, where) {
  appendFileSync(process.env.NETWORK_GUARD_LOG, `${what} ${String(where)}\n`);
  throw Object.assign(new Error(`the network guard refuses ${what} to ${String(where)}`), { code: 'ENETUNREACH' });
}

/** Puts a check before a function. */
function guard(owner, name, check) {
  const original = owner[name];
  owner[name] = function guarded(...args) {
    check.call(this, args);
    return original.apply(this, args);
  };
}

// Everything that speaks TCP or TLS goes through it: net, tls, http, http2, fetch, WebSocket.
guard(net.Socket.prototype, 'connect', ([first, second]) => {
  const options = Array.isArray(first) ? first[0] : first;
  if (typeof options === 'object' && options !== null) {
    // As net does: any path that is not empty is a socket in the file system.
    if (!options.path && !isLocal(options.host)) refuse('connect', options.host);
  } else if (/^\d+$/.test(String(options)) && typeof second === 'string' && !isLocal(second)) refuse('connect', second);
});
for (const name of ['connect', 'send']) {
  guard(dgram.Socket.prototype, name, (args) => {
    // The address is the only text beside the message, which comes first.
    const address = args.slice(1).find((value) => typeof value === 'string');
    if (!isLocal(address)) refuse(`udp ${name}`, address);
  });
}
for (const owner of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
  for (const name of Object.getOwnPropertyNames(owner)) {
    if (!/^(?:lookup|resolve|reverse)/.test(name) || typeof owner[name] !== 'function') continue;
    guard(owner, name, ([host]) => {
      if (!isLocal(host)) refuse(`dns ${name}`, host);
    });
  }
}
syncBuiltinESMExports();
