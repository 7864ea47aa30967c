import { segmentJson, verdictJson } from '../../comment-json.js';
import { endedJson, rounded } from '../call-json.js';
import { CLOSE_NORMAL, FaultError, closeCodeOf } from '../fault.js';
import type { Fault } from '../fault.js';
import { isDigit, parseObject, toField, toMetadata } from '../fields.js';
import type { JsonObject } from '../fields.js';
import type { Action, CallEvent, ClientEvent, Protocol, ProtocolState, TonalityWish } from '../protocol.js';
import { isSampleRate } from '../stream-format.js';
import type { StreamEncoding, StreamFormat } from '../stream-format.js';
import { meanConfidence } from '../words.js';

/** The version of the protocol, as in its path and in `started`. It changes only where a client would have to. */
export const NATIVE_VERSION = 1;

const ENCODINGS: readonly StreamEncoding[] = ['pcmu', 'pcma', 'l16'];
const WISHES: readonly TonalityWish[] = ['none', 'comment', 'utterance', 'running'];

/** Our own protocol, `/v1/stream`: JSON text frames for control, binary frames for audio. Described in docs/protocol.md. */
export class NativeProtocol implements Protocol {
  #state: ProtocolState = 'waiting';
  /** Follows another call, and sends no audio itself. */
  #subscriber = false;
  #marks = 0;

  get state(): ProtocolState {
    return this.#state;
  }

  open(): readonly Action[] {
    return [];
  }

  text(frame: string): readonly Action[] {
    if (this.#state === 'closed') return [];
    try {
      return this.#message(parseObject(frame));
    } catch (error) {
      if (error instanceof FaultError) return this.fault(error);
      throw error;
    }
  }

  binary(frame: Uint8Array): readonly Action[] {
    if (this.#state === 'open' && !this.#subscriber) return frame.length === 0 ? [] : [{ kind: 'audio', bytes: frame }];
    if (this.#state === 'closed') return [];
    const when = this.#state === 'waiting' ? 'before start' : this.#state === 'ending' ? 'after CloseStream' : 'from a subscriber';
    return this.fault({ code: 'out_of_order', message: `Expected no audio ${when}, got a binary frame. Send start, then audio, then CloseStream.` });
  }

  answer(event: CallEvent): readonly Action[] {
    if (this.#state === 'closed') return [];
    const actions: Action[] = messagesOf(event).map((message) => ({ kind: 'send', text: JSON.stringify(message) }));
    if (event.kind !== 'ended') return actions;
    if (event.fault !== undefined) return [...actions, ...this.fault(event.fault)];
    this.#state = 'closed';
    return [...actions, { kind: 'close', code: CLOSE_NORMAL, reason: 'ended' }];
  }

  fault(fault: Fault): readonly Action[] {
    if (this.#state === 'closed') return [];
    this.#state = 'closed';
    const code = closeCodeOf(fault.code);
    return [
      { kind: 'send', text: JSON.stringify({ type: 'error', code: fault.code, message: fault.message, close_code: code }) },
      { kind: 'close', code, reason: fault.code },
    ];
  }

  #message(message: JsonObject): readonly Action[] {
    const { type } = message;
    if (type === 'KeepAlive') return [];
    if (this.#state === 'waiting') {
      if (type === 'start') return [this.#start(message)];
      if (type === 'subscribe') return [this.#subscribe(message)];
      throw new FaultError('out_of_order', 'Expected start or subscribe as the first message, got another. Send {"type":"start",…} first.');
    }
    if (this.#state === 'ending') throw new FaultError('out_of_order', 'Expected nothing after CloseStream but KeepAlive, got another message.');
    if (type === 'CloseStream' && this.#subscriber) {
      this.#state = 'closed';
      return [{ kind: 'close', code: CLOSE_NORMAL, reason: 'unsubscribed' }];
    }
    if (this.#subscriber) throw new FaultError('out_of_order', 'Expected KeepAlive or CloseStream from a subscriber, got another message.');
    if (type === 'Finalize') return [{ kind: 'finalise', mark: this.#marks++, flush: true }];
    if (type === 'dtmf') return [this.#digit(message['digit'])];
    if (type === 'pause') return [{ kind: 'paused' }];
    if (type === 'CloseStream') {
      this.#state = 'ending';
      return [{ kind: 'ended' }];
    }
    if (type === 'start' || type === 'subscribe') throw new FaultError('out_of_order', 'Expected one start, got another. Open another connection for another call.');
    throw new FaultError('bad_message', 'Expected type KeepAlive, Finalize, CloseStream, dtmf or pause, got another. See docs/protocol.md.');
  }

  #start(message: JsonObject): ClientEvent {
    const version = message['version'] ?? NATIVE_VERSION;
    if (version !== NATIVE_VERSION) throw new FaultError('bad_message', `Expected version ${NATIVE_VERSION} of the protocol, got another.`);
    const partials = message['partials'] ?? true;
    if (typeof partials !== 'boolean') throw new FaultError('bad_message', 'Expected partials to be true or false, got something else.');
    const tonality = WISHES.find((wish) => wish === (message['tonality'] ?? 'utterance'));
    if (tonality === undefined) throw new FaultError('bad_message', `Expected tonality to be one of ${WISHES.join(', ')}, got something else.`);
    const callId = optionalCallId(message['call_id']);
    const format = startFormat(message);
    this.#state = 'open';
    return { kind: 'started', format, callId, metadata: toMetadata(message['metadata']), partials, tonality };
  }

  #subscribe(message: JsonObject): ClientEvent {
    const callId = optionalCallId(message['call_id']);
    if (callId === undefined) throw new FaultError('bad_message', 'Expected the call_id to follow in subscribe, got none.');
    this.#state = 'open';
    this.#subscriber = true;
    return { kind: 'subscribed', callId };
  }

  #digit(digit: unknown): ClientEvent {
    if (!isDigit(digit)) throw new FaultError('bad_message', 'Expected digit to be one of 0-9, *, #, A-D, got something else.');
    return { kind: 'digit', digit };
  }
}

function optionalCallId(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const callId = toField(value);
  if (callId === undefined) throw new FaultError('bad_message', 'Expected call_id to be 1 to 256 characters without control characters, got something else.');
  return callId;
}

function startFormat(message: JsonObject): StreamFormat {
  const encoding = ENCODINGS.find((known) => known === message['encoding']);
  if (encoding === undefined) throw new FaultError('unsupported_format', `Expected encoding to be one of ${ENCODINGS.join(', ')}, got something else.`);
  const sampleRateHz = message['sample_rate'] ?? 8_000;
  if (!isSampleRate(sampleRateHz)) throw new FaultError('unsupported_format', 'Expected sample_rate to be a whole number from 1000 to 384000, got something else.');
  const channels = message['channels'] ?? 1;
  if (channels !== 1 && channels !== 2) throw new FaultError('unsupported_format', 'Expected channels to be 1 or 2, got something else.');
  return { encoding, sampleRateHz, channels, bigEndian: false };
}

function messagesOf(event: CallEvent): Record<string, unknown>[] {
  switch (event.kind) {
    case 'call_started':
      return [
        {
          type: 'started',
          version: NATIVE_VERSION,
          call_id: event.callId,
          encoding: event.format.encoding,
          sample_rate: event.format.sampleRateHz,
          channels: event.format.channels,
        },
      ];
    case 'speech_started':
      return [{ type: 'speech_started', channel: event.channel, at: rounded(event.atS) }];
    case 'partial':
      return [
        {
          type: 'result',
          is_final: false,
          utterance_end: false,
          channel: event.channel,
          utterance: event.utterance,
          start: rounded(event.startS),
          end: rounded(event.endS),
          text: event.text,
          stable_text: event.stableText,
        },
      ];
    case 'final':
      return [
        {
          type: 'result',
          is_final: true,
          utterance_end: event.utteranceEnd,
          channel: event.channel,
          utterance: event.utterance,
          start: rounded(event.startS),
          end: rounded(event.endS),
          text: event.text,
          confidence: rounded(meanConfidence(event.segments)),
          segments: event.segments.map(segmentJson),
        },
      ];
    case 'lost':
      return [{ type: 'lost', channel: event.channel, utterance: event.utterance, start: rounded(event.startS), end: rounded(event.endS) }];
    case 'tonality':
      return [
        {
          type: 'tonality',
          scope: event.utterance === undefined ? 'comment' : 'utterance',
          channel: event.channel,
          ...(event.utterance === undefined ? {} : { utterance: event.utterance }),
          ...verdictJson(event.verdict),
        },
      ];
    case 'digit':
      return [{ type: 'dtmf', digit: event.digit, at: rounded(event.atS) }];
    case 'lag':
      return [{ type: 'lag', lag_s: rounded(event.lagS), behind: event.behind }];
    case 'mark':
      return [{ type: 'finalized' }];
    case 'stopping':
      return [{ type: 'stopping', within_s: event.withinS }];
    case 'ended':
      return [{ type: 'ended', ...endedJson(event) }];
  }
}
