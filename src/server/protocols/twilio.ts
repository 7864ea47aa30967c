import { CLOSE_NORMAL, FaultError, closeCodeOf } from '../fault.js';
import type { Fault } from '../fault.js';
import { fromBase64, isDigit, isObject, parseObject, toField, toMetadata, toNumber } from '../fields.js';
import type { JsonObject } from '../fields.js';
import type { Action, CallEvent, Protocol, ProtocolState } from '../protocol.js';
import { bytesPerSample, isSampleRate } from '../stream-format.js';
import type { StreamEncoding, StreamFormat } from '../stream-format.js';

/** Messages that are held back while an earlier one is missing: a second of 20 ms frames on one track. */
const MAX_HELD = 50;

/** A jump in the numbers that is larger than this is no loss on the way but another count: a minute of frames on two tracks. */
const MAX_JUMP = 6_000;

/** Silence for what is missing is filled in up to this long, in seconds. */
const MAX_GAP_S = 10;

const ENCODINGS: Readonly<Record<string, StreamEncoding>> = {
  'audio/x-mulaw': 'pcmu',
  'audio/pcmu': 'pcmu',
  'audio/x-alaw': 'pcma',
  'audio/pcma': 'pcma',
  'audio/x-l16': 'l16',
  'audio/l16': 'l16',
};

/**
 * Twilio Media Streams, and the systems that speak like it (SignalWire, Telnyx' and Plivo's variants of it use the same
 * events). JSON text both ways, audio in base64. Messages are put in order by their number; what never comes is filled in as
 * silence, so that times stay right. It takes no text back: results go to the results file and to subscribers of the call,
 * whose id is `callSid`; only with `?results=text` are they sent here too.
 */
export class TwilioProtocol implements Protocol {
  readonly #sendsResults: boolean;
  #state: ProtocolState = 'waiting';
  #streamSid = '';
  #format: StreamFormat | undefined;
  #tracks: readonly string[] = ['inbound'];
  #next: number | undefined;
  readonly #held = new Map<number, JsonObject>();
  /** Where each track's audio has come to, in milliseconds of the stream. */
  readonly #trackMs: number[] = [];

  constructor(options: { readonly sendsResults: boolean }) {
    this.#sendsResults = options.sendsResults;
  }

  get state(): ProtocolState {
    return this.#state;
  }

  open(): readonly Action[] {
    return [];
  }

  text(frame: string): readonly Action[] {
    if (this.#state === 'closed' || this.#state === 'ending') return [];
    try {
      return this.#inOrder(parseObject(frame));
    } catch (error) {
      if (error instanceof FaultError) return this.fault(error);
      throw error;
    }
  }

  binary(): readonly Action[] {
    return this.fault({ code: 'bad_message', message: 'Expected JSON in text frames, got a binary frame. Audio comes as base64 in media messages.' });
  }

  answer(event: CallEvent): readonly Action[] {
    if (this.#state === 'closed') return [];
    const actions: Action[] = this.#sendsResults ? resultsOf(event).map((message) => this.#message(message)) : [];
    if (event.kind !== 'ended') return actions;
    if (event.fault !== undefined) return [...actions, ...this.fault(event.fault)];
    this.#state = 'closed';
    return [...actions, { kind: 'close', code: CLOSE_NORMAL, reason: 'stop' }];
  }

  /** There is no error message that Twilio would take; the close code and the log tell it. */
  fault(fault: Fault): readonly Action[] {
    if (this.#state === 'closed') return [];
    this.#state = 'closed';
    return [{ kind: 'close', code: closeCodeOf(fault.code), reason: fault.code }];
  }

  /** Numbers count all messages from `start` on; those without one, such as `connected`, are taken as they come. */
  #inOrder(message: JsonObject): readonly Action[] {
    const number = toNumber(message['sequenceNumber'] ?? message['sequence_number']);
    if (number === undefined) return this.#take(message);
    if (this.#next === undefined) {
      // The count begins with start. Media that overtook it waits.
      if (message['event'] === 'start') this.#next = number;
      else return this.#hold(number, message);
    }
    const next = this.#next;
    if (number < next) return [];
    if (number - next > MAX_JUMP) throw new FaultError('bad_message', `Expected sequence numbers that follow one another, got a jump of more than ${MAX_JUMP}.`);
    if (number > next && this.#held.size < MAX_HELD && message['event'] !== 'stop') return this.#hold(number, message);
    this.#held.set(number, message);
    // Either the next one is here, or those before it are given up: with so many after them, or at the end.
    const untilEnd = number > next;
    return this.#release(untilEnd);
  }

  #hold(number: number, message: JsonObject): readonly Action[] {
    if (this.#held.size >= MAX_HELD) throw new FaultError('out_of_order', 'Expected start before the media, got media alone.');
    this.#held.set(number, message);
    return [];
  }

  #release(all: boolean): Action[] {
    const actions: Action[] = [];
    for (const number of [...this.#held.keys()].toSorted((a, b) => a - b)) {
      if (!all && number !== this.#next) break;
      this.#next = number + 1;
      const message = this.#held.get(number)!;
      this.#held.delete(number);
      if (this.#state === 'closed' || this.#state === 'ending') continue;
      actions.push(...this.#take(message));
    }
    return actions;
  }

  #take(message: JsonObject): readonly Action[] {
    switch (message['event']) {
      case 'connected':
      case 'mark':
        return [];
      case 'start':
        return this.#start(message);
      case 'media':
        return this.#media(message['media']);
      case 'dtmf': {
        const digit = isObject(message['dtmf']) ? message['dtmf']['digit'] : undefined;
        if (!isDigit(digit)) throw new FaultError('bad_message', 'Expected dtmf.digit to be one of 0-9, *, #, A-D, got something else.');
        return this.#state === 'open' ? [{ kind: 'digit', digit }] : [];
      }
      case 'stop':
        if (this.#state === 'waiting') throw new FaultError('out_of_order', 'Expected start before stop, got stop alone.');
        this.#state = 'ending';
        return [{ kind: 'ended' }];
      default:
        // Look-alikes add events of their own; what is not known is not needed.
        return [];
    }
  }

  #start(message: JsonObject): readonly Action[] {
    if (this.#state !== 'waiting') throw new FaultError('out_of_order', 'Expected one start, got another.');
    const start = isObject(message['start']) ? message['start'] : {};
    this.#streamSid = toField(message['streamSid'] ?? start['streamSid'] ?? message['stream_id']) ?? '';
    const tracks = Array.isArray(start['tracks']) ? start['tracks'].filter((track) => track === 'inbound' || track === 'outbound') : [];
    // The citizen's voice is the first channel, whatever order the tracks are named in.
    this.#tracks = tracks.length === 0 ? ['inbound'] : tracks.toSorted();
    this.#format = formatOf(start['mediaFormat'] ?? start['media_format'], this.#tracks.length > 1 ? 2 : 1);
    this.#state = 'open';
    const callId = toField(start['callSid'] ?? start['call_control_id']);
    const metadata = toMetadata(start['customParameters'] ?? start['custom_parameters']);
    return [
      {
        kind: 'started',
        format: this.#format,
        callId,
        metadata: { ...metadata, ...(this.#streamSid === '' ? {} : { streamSid: this.#streamSid }) },
        partials: this.#sendsResults,
        tonality: 'utterance',
      },
    ];
  }

  #media(media: unknown): readonly Action[] {
    if (this.#state === 'waiting') throw new FaultError('out_of_order', 'Expected start before media, got media first.');
    const bytes = isObject(media) && typeof media['payload'] === 'string' ? fromBase64(media['payload']) : undefined;
    if (!isObject(media) || bytes === undefined) throw new FaultError('bad_message', 'Expected media.payload in base64, got something else.');
    const track = media['track'] ?? this.#tracks[0];
    const channel = this.#tracks.indexOf(track as string);
    // A track that start did not name is not part of the call.
    if (channel < 0) return [];
    const { encoding, sampleRateHz } = this.#format!;
    const lengthMs = (bytes.length / bytesPerSample(encoding) / sampleRateHz) * 1000;
    const atMs = toNumber(media['timestamp']);
    const actions: Action[] = [];
    const expectedMs = this.#trackMs[channel];
    if (atMs !== undefined) {
      // More than half a frame missing is a loss; less is the sender's clock.
      const missingS = (atMs - (expectedMs ?? atMs)) / 1000;
      if (missingS > lengthMs / 2000 && missingS <= MAX_GAP_S) actions.push({ kind: 'silence', durationS: missingS, channel });
    }
    this.#trackMs[channel] = Math.max(atMs ?? expectedMs ?? 0, expectedMs ?? 0) + lengthMs;
    actions.push({ kind: 'audio', bytes, channel });
    return actions;
  }

  #message(message: Record<string, unknown>): Action {
    return { kind: 'send', text: JSON.stringify({ ...message, streamSid: this.#streamSid }) };
  }
}

function formatOf(format: unknown, channels: 1 | 2): StreamFormat {
  if (format !== undefined && !isObject(format)) throw new FaultError('unsupported_format', 'Expected mediaFormat to be an object, got something else.');
  const named = format?.['encoding'] ?? 'audio/x-mulaw';
  const name = typeof named === 'string' ? named.toLowerCase() : '';
  const encoding = ENCODINGS[name] ?? ENCODINGS[`audio/${name}`];
  const sampleRateHz = toNumber(format?.['sampleRate'] ?? format?.['sample_rate'] ?? 8_000);
  if (encoding === undefined || !isSampleRate(sampleRateHz)) {
    throw new FaultError('unsupported_format', 'Expected mediaFormat audio/x-mulaw, audio/x-alaw or audio/x-l16 with a sample rate, got another.');
  }
  return { encoding, sampleRateHz, channels, bigEndian: false };
}

function resultsOf(event: CallEvent): Record<string, unknown>[] {
  if (event.kind === 'final' && event.text !== '') return [{ event: 'transcript', transcript: { text: event.text, channel: event.channel, is_final: true } }];
  if (event.kind === 'partial') return [{ event: 'transcript', transcript: { text: event.text, channel: event.channel, is_final: false } }];
  if (event.kind === 'tonality') return [{ event: 'tonality', tonality: { tonality: event.verdict.tonality, channel: event.channel } }];
  return [];
}
