import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server as HttpServer, ServerOptions, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import { errorField } from './logger.js';
import type { Logger } from './logger.js';

/** All headers of a request together: four times what a browser with cookies sends. */
const MAX_HEADER_BYTES = 16_384;

/** The longest that a request may take to come in, uploads included; slower than 1 MB/s for the largest is no connection to work with. */
const REQUEST_TIMEOUT_MS = 120_000;

/** Beyond the connections that are served, some that are refused with an answer. */
const REFUSED_CONNECTIONS = 256;

export interface ListenerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** `undefined`: in plain text. */
  readonly tls: (SecureContextOptions & { readonly requestCert: boolean; readonly rejectUnauthorized: boolean }) | undefined;
  /** For a TLS handshake, and for the headers of a request. */
  readonly helloTimeoutS: number;
  readonly maxConnections: number;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly log: Logger;
}

/** One port that answers HTTP and WebSocket upgrades, with its limits. */
export class Listener {
  readonly #server: HttpServer;
  readonly #host: string;
  readonly #scheme: 'http' | 'https';

  private constructor(server: HttpServer, host: string, scheme: 'http' | 'https') {
    this.#server = server;
    this.#host = host;
    this.#scheme = scheme;
  }

  /** Resolves when it listens; rejects with the system's error where it cannot. */
  static async open({ host, port, tls, helloTimeoutS, maxConnections, onRequest, onUpgrade, log }: ListenerOptions): Promise<Listener> {
    const helloMs = helloTimeoutS * 1000;
    const options: ServerOptions = {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: helloMs,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: Math.min(1_000, helloMs / 2),
      keepAliveTimeout: 5_000,
    };
    const server = tls === undefined ? createHttpServer(options, onRequest) : createHttpsServer({ ...options, ...tls, handshakeTimeout: helloMs }, onRequest);
    server.maxConnections = maxConnections + REFUSED_CONNECTIONS;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      onUpgrade(request, socket, head);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', (error) => log.error('listener failed', { error: errorField(error) }));
    return new Listener(server, host, tls === undefined ? 'http' : 'https');
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Such as `http://127.0.0.1:8380`. */
  get url(): string {
    return `${this.#scheme}://${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${this.port}`;
  }

  /** Takes renewed certificates for the connections to come. */
  renew(tls: SecureContextOptions): void {
    if ('setSecureContext' in this.#server) (this.#server as TlsServer).setSecureContext(tls);
  }

  /** Cuts what is open. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

interface TlsServer {
  setSecureContext(options: SecureContextOptions): void;
}
