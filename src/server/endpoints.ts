import type { IncomingMessage } from 'node:http';
import type { Fault } from './fault.js';
import type { Protocol, ProtocolRequest } from './protocol.js';
import { NativeProtocol } from './protocols/native.js';
import type { ServerSettings } from './settings.js';

/** One WebSocket path. */
export interface Endpoint {
  readonly path: string;
  /** In logs and metrics. */
  readonly name: string;
  /** Subprotocols that are accepted if offered, the first that matches. */
  readonly subprotocols: readonly string[];
  readonly maxMessageBytes: (settings: ServerSettings) => number;
  /**
   * Where the protocol has its own proof of who calls: `authorised` instead of a token, or why not; `undefined` leaves it to
   * the tokens.
   */
  readonly authorise?: (request: IncomingMessage, url: URL, settings: ServerSettings) => Fault | 'authorised' | undefined;
  readonly create: (request: ProtocolRequest, settings: ServerSettings) => Protocol;
}

const standardSize = (settings: ServerSettings): number => settings.maxMessageBytes;

/** Every WebSocket path of the server, and the protocol that is spoken there. */
export const ENDPOINTS: readonly Endpoint[] = [
  {
    path: '/v1/stream',
    name: 'native',
    subprotocols: ['tonalitet.v1'],
    maxMessageBytes: standardSize,
    create: () => new NativeProtocol(),
  },
];

/** What is spoken at `/` of the port that is vosk's own. */
export const VOSK_PORT_ENDPOINT: Endpoint | undefined = ENDPOINTS.find((endpoint) => endpoint.name === 'vosk');
