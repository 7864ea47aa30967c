import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AudioHookVerifier } from './audiohook-signature.js';
import type { Fault } from './fault.js';
import type { Protocol, ProtocolRequest } from './protocol.js';
import { AsteriskProtocol, STANDARD_HANGUP_DIGIT } from './protocols/asterisk.js';
import { AudioHookProtocol } from './protocols/audiohook.js';
import { DeepgramProtocol } from './protocols/deepgram.js';
import { FreeswitchProtocol } from './protocols/freeswitch.js';
import { NativeProtocol } from './protocols/native.js';
import { TwilioProtocol } from './protocols/twilio.js';
import { VoskProtocol } from './protocols/vosk.js';
import type { ServerSettings } from './settings.js';
import { checkTwilioSignature } from './twilio-signature.js';

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
  readonly authorise?: (request: IncomingMessage, settings: ServerSettings) => Fault | 'authorised' | undefined;
  readonly create: (request: ProtocolRequest, settings: ServerSettings) => Protocol;
}

/** Clients of vosk-server may send a whole recording in one message. */
const VOSK_SIZE_FACTOR = 16;

/** Asterisk never sends more in one message. */
const ASTERISK_MESSAGE_BYTES = 65_500;

const standardSize = (settings: ServerSettings): number => settings.maxMessageBytes;

const audioHookVerifier = new AudioHookVerifier();

/** Every WebSocket path of the server, and the protocol that is spoken there. */
export const ENDPOINTS: readonly Endpoint[] = [
  { path: '/v1/stream', name: 'native', subprotocols: ['tonalitet.v1'], maxMessageBytes: standardSize, create: () => new NativeProtocol() },
  {
    path: '/vosk',
    name: 'vosk',
    subprotocols: [],
    maxMessageBytes: (settings) => settings.maxMessageBytes * VOSK_SIZE_FACTOR,
    create: () => new VoskProtocol(),
  },
  {
    path: '/twilio',
    name: 'twilio',
    subprotocols: [],
    maxMessageBytes: standardSize,
    authorise: (request, { twilioAuthTokens, publicUrl, tokens }) => {
      if (twilioAuthTokens.length === 0) return undefined;
      const checked = checkTwilioSignature(request, { authTokens: twilioAuthTokens, publicUrl });
      if (checked !== undefined) return checked;
      // Systems that only look alike sign nothing: they need a token, and without any set nobody may do without both.
      return tokens.length > 0 ? undefined : { code: 'unauthorised', message: 'Expected X-Twilio-Signature, got a request without it.' };
    },
    create: ({ query }) => new TwilioProtocol({ sendsResults: query.get('results') === 'text' }),
  },
  {
    path: '/asterisk',
    name: 'asterisk',
    subprotocols: ['media'],
    maxMessageBytes: (settings) => Math.min(settings.maxMessageBytes, ASTERISK_MESSAGE_BYTES),
    create: ({ query }) => {
      const digit = query.get('hangup') ?? STANDARD_HANGUP_DIGIT;
      return new AsteriskProtocol({ hangupDigit: digit === 'none' ? undefined : digit });
    },
  },
  {
    path: '/freeswitch',
    name: 'freeswitch',
    subprotocols: ['audio.drachtio.org', 'audiostream.drachtio.org'],
    maxMessageBytes: standardSize,
    create: ({ query }, settings) => new FreeswitchProtocol({ query, standardRateHz: settings.freeswitchRate }),
  },
  {
    path: '/audiohook',
    name: 'audiohook',
    subprotocols: [],
    maxMessageBytes: standardSize,
    authorise: (request, { audiohookKeys }) =>
      audiohookKeys.length === 0 ? undefined : audioHookVerifier.verify(request, audiohookKeys, Date.now() / 1000),
    create: ({ headers }) =>
      new AudioHookProtocol({ organizationId: headers['audiohook-organization-id'], sessionId: headers['audiohook-session-id'], newId: randomUUID }),
  },
  { path: '/v1/listen', name: 'deepgram', subprotocols: ['token', 'bearer'], maxMessageBytes: standardSize, create: (request) => new DeepgramProtocol(request) },
];

/** What is spoken at `/` of the port that is vosk's own. */
export const VOSK_PORT_ENDPOINT: Endpoint | undefined = ENDPOINTS.find((endpoint) => endpoint.name === 'vosk');
