import { CLOSE_NORMAL, FaultError, closeCodeOf } from '../fault.js';
import type { Fault } from '../fault.js';
import { isDigit, isObject, parseObject, toField, toMetadata } from '../fields.js';
import type { JsonObject } from '../fields.js';
import type { Action, CallEvent, FinalResult, Protocol, ProtocolState } from '../protocol.js';
import type { StreamFormat } from '../stream-format.js';
import { meanConfidence, placeWords } from '../words.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Genesys tests a new integration with these ids: a call that is none. */
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** Left out audio is counted as silence up to this long, in seconds. */
const MAX_DISCARDED_S = 60;

interface Media {
  readonly type: 'audio';
  readonly format: 'PCMU' | 'L16';
  readonly channels: readonly string[];
  readonly rate: 8000;
}

/**
 * Genesys AudioHook, version 2. The client offers media and this server chooses: the customer's channel alone where there is
 * one, because the comment is theirs, else both. Every message of the client is checked for its session, version and number;
 * what does not fit ends in a `disconnect`. Answers are `event` messages with transcript entities, and a `tonalitet` entity of
 * our own beside them, which clients that do not know it pass over.
 */
export class AudioHookProtocol implements Protocol {
  readonly #organizationId: string | undefined;
  readonly #sessionId: string | undefined;
  readonly #newId: () => string;
  #state: ProtocolState = 'waiting';
  #id = '';
  #clientSeq = 0;
  #serverSeq = 0;
  #media: Media | undefined;
  #probe = false;
  /** The id that all versions of one utterance share, by channel. */
  readonly #utteranceIds = new Map<number, string>();

  /** @param options ids of the headers, which the first message has to repeat; `newId` gives UUIDs. */
  constructor(options: { readonly organizationId: string | undefined; readonly sessionId: string | undefined; readonly newId: () => string }) {
    this.#organizationId = options.organizationId;
    this.#sessionId = options.sessionId;
    this.#newId = options.newId;
  }

  get state(): ProtocolState {
    return this.#state;
  }

  open(): readonly Action[] {
    return [];
  }

  text(frame: string): readonly Action[] {
    if (this.#state === 'closed') return [];
    try {
      return this.#message(this.#envelope(parseObject(frame)));
    } catch (error) {
      if (error instanceof FaultError) return this.fault(error);
      throw error;
    }
  }

  binary(frame: Uint8Array): readonly Action[] {
    if (this.#state === 'waiting') return this.fault({ code: 'out_of_order', message: 'Expected open before audio, got audio first.' });
    return this.#state === 'open' && !this.#probe && frame.length > 0 ? [{ kind: 'audio', bytes: frame }] : [];
  }

  answer(event: CallEvent): readonly Action[] {
    if (this.#state === 'closed') return [];
    if (event.kind === 'final') return event.text === '' ? [] : [this.#transcript(event)];
    if (event.kind === 'partial') {
      return [this.#transcript({ ...event, kind: 'final', segments: [{ start: event.startS, end: event.endS, text: event.text, confidence: 0 }], utteranceEnd: false, waitedS: 0 }, false)];
    }
    if (event.kind === 'tonality') {
      const { tonality, reason, areas } = event.verdict;
      const scope = event.utterance === undefined ? 'comment' : 'utterance';
      return [this.#event({ type: 'tonalitet', data: { scope, channel: this.#channelName(event.channel), tonality, reason, areas } })];
    }
    if (event.kind !== 'ended') return [];
    if (event.fault !== undefined) return this.fault(event.fault);
    const comments: Action[] = event.comments.flatMap(({ channel, verdict }) =>
      verdict === undefined ? [] : this.answer({ kind: 'tonality', channel, utterance: undefined, verdict }),
    );
    return [...comments, ...this.#closed()];
  }

  fault(fault: Fault): readonly Action[] {
    if (this.#state === 'closed') return [];
    this.#state = 'closed';
    const reason = fault.code === 'stopping' ? 'completed' : fault.code === 'unauthorised' ? 'unauthorized' : 'error';
    return [this.#send('disconnect', { reason, info: `${fault.code}: ${fault.message}` }), { kind: 'close', code: closeCodeOf(fault.code), reason: fault.code }];
  }

  #closed(): readonly Action[] {
    const closed = this.#send('closed', {});
    this.#state = 'closed';
    return [closed, { kind: 'close', code: CLOSE_NORMAL, reason: 'closed' }];
  }

  /** Checks what all messages have in common. */
  #envelope(message: JsonObject): JsonObject {
    const { version, id, seq, serverseq } = message;
    if (version !== '2') throw new FaultError('bad_message', "Expected version '2', got another.");
    if (typeof id !== 'string' || !UUID.test(id)) throw new FaultError('bad_message', 'Expected id to be a UUID, got something else.');
    if (this.#id === '') {
      if (this.#sessionId !== undefined && id !== this.#sessionId) throw new FaultError('bad_message', 'Expected the id of the audiohook-session-id header, got another.');
      this.#id = id;
    }
    if (id !== this.#id) throw new FaultError('bad_message', 'Expected the id of this session, got another.');
    if (seq !== this.#clientSeq + 1) throw new FaultError('out_of_order', `Expected seq ${this.#clientSeq + 1}, got another.`);
    if (typeof serverseq !== 'number' || !Number.isInteger(serverseq) || serverseq < 0 || serverseq > this.#serverSeq) {
      throw new FaultError('out_of_order', `Expected serverseq from 0 to ${this.#serverSeq}, got something else.`);
    }
    this.#clientSeq++;
    if (!isObject(message['parameters'])) throw new FaultError('bad_message', 'Expected parameters to be an object, got something else.');
    return message;
  }

  #message(message: JsonObject): readonly Action[] {
    const parameters = message['parameters'] as JsonObject;
    const { type } = message;
    if (type === 'ping') return [this.#send('pong', {})];
    if (type === 'open') return this.#open(parameters);
    if (this.#state === 'waiting') throw new FaultError('out_of_order', 'Expected open as the first message, got another.');
    switch (type) {
      case 'close':
        if (this.#state === 'ending') throw new FaultError('out_of_order', 'Expected one close, got another.');
        if (this.#probe) return this.#closed();
        this.#state = 'ending';
        return [{ kind: 'ended' }];
      case 'update':
        return [this.#send('updated', {})];
      case 'paused':
        return [{ kind: 'paused' }];
      case 'discarded':
      case 'resumed': {
        const durationS = seconds(parameters['discarded']);
        return durationS > 0 ? [{ kind: 'silence', durationS: Math.min(durationS, MAX_DISCARDED_S) }] : [];
      }
      case 'dtmf': {
        const digit = parameters['digit'];
        if (!isDigit(digit)) throw new FaultError('bad_message', 'Expected digit to be one of 0-9, *, #, A-D, got something else.');
        return [{ kind: 'digit', digit }];
      }
      case 'error':
        // The client closes after what it cannot go on from; until then the call goes on.
        return [];
      default:
        throw new FaultError('bad_message', 'Expected a client message of AudioHook 2, got another type.');
    }
  }

  #open(parameters: JsonObject): readonly Action[] {
    if (this.#state !== 'waiting') throw new FaultError('out_of_order', 'Expected one open, got another.');
    const { organizationId, conversationId, media } = parameters;
    if (this.#organizationId !== undefined && organizationId !== this.#organizationId) {
      throw new FaultError('unauthorised', 'Expected the organizationId of the audiohook-organization-id header, got another.');
    }
    const chosen = chooseMedia(media);
    const participant = isObject(parameters['participant']) ? parameters['participant'] : {};
    this.#probe = conversationId === NIL_UUID && participant['id'] === NIL_UUID;
    this.#media = chosen;
    this.#state = 'open';
    const opened = this.#send('opened', { startPaused: false, media: [chosen] });
    if (this.#probe) return [opened];
    const format: StreamFormat = {
      encoding: chosen.format === 'PCMU' ? 'pcmu' : 'l16',
      sampleRateHz: chosen.rate,
      channels: chosen.channels.length === 2 ? 2 : 1,
      bigEndian: false,
    };
    // Numbers and names of the caller are left out: they are not needed, and would be kept with the results.
    const metadata = toMetadata({ ...(isObject(parameters['customConfig']) ? parameters['customConfig'] : {}), sessionId: this.#id, organizationId });
    return [opened, { kind: 'started', format, callId: toField(conversationId), metadata, partials: true, tonality: 'utterance' }];
  }

  #transcript(result: FinalResult, isFinal = true): Action {
    const { channel, segments, startS, endS, text } = result;
    const id = this.#utteranceIds.get(channel) ?? this.#newId();
    this.#utteranceIds.set(channel, id);
    if (isFinal) this.#utteranceIds.delete(channel);
    const tokens = placeWords(segments).map((word) => ({
      type: 'word',
      value: word.word,
      confidence: word.confidence,
      offset: duration(word.startS),
      duration: duration(word.endS - word.startS),
    }));
    return this.#event({
      type: 'transcript',
      data: {
        id,
        channel: this.#channelName(channel),
        isFinal,
        offset: duration(startS),
        duration: duration(endS - startS),
        alternatives: [{ confidence: meanConfidence(segments), languages: ['sv-SE'], interpretations: [{ type: 'display', transcript: text, tokens }] }],
      },
    });
  }

  #channelName(channel: number): string {
    return this.#media?.channels[channel] ?? 'external';
  }

  #event(entity: Record<string, unknown>): Action {
    return this.#send('event', { entities: [entity] });
  }

  #send(type: string, parameters: Record<string, unknown>): Action {
    this.#serverSeq++;
    return {
      kind: 'send',
      text: JSON.stringify({ version: '2', id: this.#id === '' ? NIL_UUID : this.#id, type, seq: this.#serverSeq, clientseq: this.#clientSeq, parameters }),
    };
  }
}

/** Prefers the customer's channel alone; of formats, the first that the client names. */
function chooseMedia(offered: unknown): Media {
  const known = (Array.isArray(offered) ? offered : []).filter(isMedia);
  const chosen = known.find((media) => media.channels.length === 1 && media.channels[0] === 'external') ?? known[0];
  if (chosen === undefined) {
    throw new FaultError('unsupported_format', 'Expected media of type audio in PCMU or L16 at 8000 Hz with channels external, internal or both, got none.');
  }
  return { type: 'audio', format: chosen.format, channels: chosen.channels, rate: 8000 };
}

function isMedia(value: unknown): value is Media {
  if (!isObject(value) || value['type'] !== 'audio' || value['rate'] !== 8000) return false;
  const { format, channels } = value;
  if (format !== 'PCMU' && format !== 'L16') return false;
  return Array.isArray(channels) && ['external', 'internal', 'external,internal', 'internal,external'].includes(channels.join());
}

/** ISO 8601, as AudioHook uses it: seconds alone. */
function duration(durationS: number): string {
  return `PT${Math.max(0, Math.round(durationS * 1_000) / 1_000)}S`;
}

function seconds(value: unknown): number {
  const match = typeof value === 'string' ? /^PT(\d{1,9}(?:\.\d{1,9})?)S$/.exec(value) : null;
  if (match === null) throw new FaultError('bad_message', 'Expected a duration such as PT1.23S, got something else.');
  return Number(match[1]);
}
