import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from './web-socket.js';
import { TOKEN_SUBPROTOCOL, findToken, isAllowedOrigin, presentedToken, tokensForCalls } from './access.js';
import { Connection } from './connection.js';
import type { ConnectionContext } from './connection.js';
import type { Endpoint } from './endpoints.js';
import type { Fault } from './fault.js';
import { refuseUpgrade } from './http-answer.js';
import type { ServerSettings, TokenSetting } from './settings.js';

/** How long a client has to answer a close frame before its socket is cut. */
const CLOSE_TIMEOUT_MS = 5_000;

/** What the gate has to know of the server. */
export interface GateState {
  /** Why nobody is let in now, such as while models load; `undefined` when calls are taken. */
  closedBecause(): Fault | undefined;
  /** The settings, which may have been reloaded. */
  settings(): ServerSettings;
  /** The port that is listened on. */
  port(): number;
}

/** Decides who may open a WebSocket, and keeps the connections that are open. */
export class WsGate {
  readonly #state: GateState;
  readonly #context: ConnectionContext;
  readonly #servers = new Map<Endpoint, WebSocketServer>();
  readonly #connections = new Set<Connection>();

  constructor(state: GateState, context: ConnectionContext) {
    this.#state = state;
    this.#context = context;
  }

  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  get streams(): number {
    return [...this.#connections].filter((connection) => connection.active).length;
  }

  get lagS(): number {
    return Math.max(0, ...[...this.#connections].map((connection) => connection.lagS));
  }

  /** Lets a client in, or refuses it with an HTTP status. */
  upgrade(endpoint: Endpoint | undefined, url: URL, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (fault: Fault): void => {
      this.#context.metrics.refused(fault.code);
      this.#context.log.info('upgrade refused', { path: endpoint?.name, code: fault.code });
      refuseUpgrade(socket, fault);
    };
    const settings = this.#state.settings();
    if (endpoint === undefined) return refuse({ code: 'not_found', message: 'Expected a path of docs/server.md to upgrade, got another.' });
    if (!isAllowedOrigin(request.headers.origin, this.#state.port(), settings.origins)) {
      return refuse({ code: 'forbidden', message: 'Expected an origin that is listed in origins, got another.' });
    }
    const token = findToken(tokensForCalls(settings.tokens), presentedToken(request.headers, url.searchParams));
    const refused = endpoint.authorise?.(request, settings);
    if (refused !== undefined && refused !== 'authorised') return refuse(refused);
    if (refused === undefined && settings.tokens.length > 0 && token === undefined) {
      return refuse({ code: 'unauthorised', message: 'Expected a token that is known, got none or another. Send Authorization: Bearer TOKEN.' });
    }
    const fault = this.#state.closedBecause() ?? this.#overload(settings, token);
    if (fault !== undefined) return refuse(fault);
    this.#accept(endpoint, url, request, socket, head, token?.name ?? '');
  }

  tick(): void {
    for (const connection of this.#connections) connection.tick();
  }

  #overload(settings: ServerSettings, token: TokenSetting | undefined): Fault | undefined {
    const overloaded = (message: string): Fault => ({ code: 'overloaded', message: `${message} Try again later.` });
    if (this.#connections.size >= settings.maxConnections) return overloaded('The server has all the connections that it takes.');
    if (this.streams >= settings.maxStreams) return overloaded('The server has all the calls that it takes.');
    if (this.lagS > settings.maxLagS) return overloaded('The server is behind with the calls that it has.');
    if (token?.maxStreams === undefined) return undefined;
    const own = [...this.#connections].filter((connection) => connection.owner === token.name && connection.active).length;
    return own >= token.maxStreams ? overloaded('This token has all the calls that it may have.') : undefined;
  }

  #accept(endpoint: Endpoint, url: URL, request: IncomingMessage, socket: Duplex, head: Buffer, owner: string): void {
    const { metrics } = this.#context;
    this.#serverOf(endpoint).handleUpgrade(request, socket, head, (webSocket) => {
      const id = randomUUID();
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));
      const protocol = endpoint.create({ query: url.searchParams, headers, newId: id, startedAtMs: Date.now() }, this.#state.settings());
      metrics.connectionOpened(endpoint.name);
      const connection: Connection = new Connection(this.#context, {
        socket: webSocket,
        protocol,
        name: endpoint.name,
        id,
        owner,
        onClosed: () => this.#connections.delete(connection),
      });
      this.#connections.add(connection);
    });
  }

  /** One `ws` server for each path, because each has its own limit of size. */
  #serverOf(endpoint: Endpoint): WebSocketServer {
    const known = this.#servers.get(endpoint);
    if (known !== undefined) return known;
    // `closeTimeout` is in ws since 8.19, and not yet in its types.
    const options: ConstructorParameters<typeof WebSocketServer>[0] & { readonly closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      // Audio does not compress, and a compressed frame can hold far more than its size.
      perMessageDeflate: false,
      maxPayload: endpoint.maxMessageBytes(this.#context.settings()),
      closeTimeout: CLOSE_TIMEOUT_MS,
      handleProtocols: (offered) => endpoint.subprotocols.find((name) => offered.has(name)) ?? [...offered].find((name) => !name.startsWith(TOKEN_SUBPROTOCOL)) ?? false,
    };
    const server = new WebSocketServer(options);
    this.#servers.set(endpoint, server);
    return server;
  }
}
