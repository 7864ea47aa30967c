import { endedJson, rounded } from '../call-json.js';
import { verdictJson } from '../../comment-json.js';
import { CLOSE_NORMAL, closeCodeOf } from '../fault.js';
import type { Fault } from '../fault.js';
import { isObject, toField, toMetadata, toNumber } from '../fields.js';
import type { JsonObject } from '../fields.js';
import type { Action, CallEvent, Protocol, ProtocolState } from '../protocol.js';
import { isSampleRate } from '../stream-format.js';

/**
 * FreeSWITCH's mod_audio_fork and mod_audio_stream: first a text frame with whatever the dialplan gave, then raw 16-bit
 * samples. Rate and channels are told by the URL (`?rate=16000&channels=2`), else by the metadata, else by the configuration:
 * the modules do not say them. An empty binary frame asks for the last results. Answers are JSON with a `type`.
 */
export class FreeswitchProtocol implements Protocol {
  readonly #query: URLSearchParams;
  readonly #standardRateHz: number;
  #state: ProtocolState = 'waiting';
  #marks = 0;

  constructor(options: { readonly query: URLSearchParams; readonly standardRateHz: number }) {
    this.#query = options.query;
    this.#standardRateHz = options.standardRateHz;
  }

  get state(): ProtocolState {
    return this.#state;
  }

  open(): readonly Action[] {
    return [];
  }

  text(frame: string): readonly Action[] {
    if (this.#state === 'closed') return [];
    const message = asObject(frame);
    if (this.#state === 'waiting') return this.#start(message);
    // Later text frames are the dialplan's own (uuid_audio_stream send_text); one that says so ends the comment.
    if (this.#state === 'open' && (message['type'] === 'CloseStream' || message['event'] === 'stop')) {
      this.#state = 'ending';
      return [{ kind: 'ended' }];
    }
    const digit = message['dtmf'] ?? message['digit'];
    return this.#state === 'open' && typeof digit === 'string' && /^[0-9*#A-D]$/.test(digit) ? [{ kind: 'digit', digit }] : [];
  }

  binary(frame: Uint8Array): readonly Action[] {
    if (this.#state === 'closed' || this.#state === 'ending') return [];
    // Without metadata in the dialplan, the modules begin with audio at once.
    const begun = this.#state === 'waiting' ? this.#start({}) : [];
    if ((this.#state as ProtocolState) === 'closed') return begun;
    if (frame.length === 0) return [...begun, { kind: 'finalise', mark: this.#marks++, flush: true }];
    return [...begun, { kind: 'audio', bytes: frame }];
  }

  answer(event: CallEvent): readonly Action[] {
    if (this.#state === 'closed') return [];
    const actions: Action[] = messagesOf(event).map(([type, data]) => ({ kind: 'send', text: JSON.stringify({ type, data }) }));
    if (event.kind !== 'ended') return actions;
    if (event.fault !== undefined) return [...actions, ...this.fault(event.fault)];
    this.#state = 'closed';
    return [...actions, { kind: 'close', code: CLOSE_NORMAL, reason: 'ended' }];
  }

  fault(fault: Fault): readonly Action[] {
    if (this.#state === 'closed') return [];
    this.#state = 'closed';
    return [
      { kind: 'send', text: JSON.stringify({ type: 'error', data: { code: fault.code, message: fault.message } }) },
      { kind: 'close', code: closeCodeOf(fault.code), reason: fault.code },
    ];
  }

  #start(metadata: JsonObject): readonly Action[] {
    const asked = this.#query.get('rate') ?? metadata['sampleRate'] ?? metadata['sample_rate'] ?? metadata['rate'] ?? this.#standardRateHz;
    const sampleRateHz = toNumber(asked);
    if (!isSampleRate(sampleRateHz)) {
      return this.fault({ code: 'unsupported_format', message: 'Expected rate to be a whole number from 1000 to 384000, got something else.' });
    }
    // `stereo` is the mix type of both modules that sends two channels; `mono` and `mixed` send one.
    const mix = this.#query.get('mix') ?? metadata['mixType'] ?? metadata['mix_type'] ?? metadata['mix'];
    const channels = mix === 'stereo' ? 2 : toNumber(this.#query.get('channels') ?? metadata['channels'] ?? 1);
    if (channels !== 1 && channels !== 2) {
      return this.fault({ code: 'unsupported_format', message: 'Expected channels to be 1 or 2, got something else.' });
    }
    this.#state = 'open';
    const callId = toField(metadata['uuid'] ?? metadata['callId'] ?? metadata['call_id'] ?? this.#query.get('call_id'));
    const format = { encoding: 'l16', sampleRateHz, channels, bigEndian: false } as const;
    return [{ kind: 'started', format, callId, metadata: toMetadata(metadata), partials: true, tonality: 'utterance' }];
  }
}

/** Free-form metadata: what is no object is kept as one text. */
function asObject(frame: string): JsonObject {
  try {
    const value: unknown = JSON.parse(frame);
    if (isObject(value)) return value;
  } catch {
    // Not JSON: many dialplans send a bare word or number.
  }
  return frame.trim() === '' ? {} : { text: frame.trim() };
}

function messagesOf(event: CallEvent): [string, Record<string, unknown>][] {
  if (event.kind === 'partial' || event.kind === 'final') {
    const { channel, utterance, text, startS, endS } = event;
    if (event.kind === 'final' && text === '') return [];
    return [['transcription', { text, is_final: event.kind === 'final', channel, utterance, start: rounded(startS), end: rounded(endS) }]];
  }
  if (event.kind === 'tonality') return [['tonality', { channel: event.channel, utterance: event.utterance, ...verdictJson(event.verdict) }]];
  if (event.kind === 'lag') return [['lag', { lag_s: rounded(event.lagS), behind: event.behind }]];
  if (event.kind === 'lost') return [['lost', { channel: event.channel, start: rounded(event.startS), end: rounded(event.endS) }]];
  if (event.kind === 'mark') return [['finalized', {}]];
  if (event.kind === 'ended') return [['ended', endedJson(event)]];
  return [];
}
