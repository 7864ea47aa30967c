import { rounded } from '../call-json.js';
import { CLOSE_NORMAL, FaultError, closeCodeOf } from '../fault.js';
import type { Fault } from '../fault.js';
import { isObject, parseObject, toNumber } from '../fields.js';
import type { Action, CallEvent, FinalResult, Protocol, ProtocolState } from '../protocol.js';
import { isSampleRate } from '../stream-format.js';
import { meanConfidence, placeWords } from '../words.js';

/** What a vosk-server takes the rate to be when no configuration comes. */
const STANDARD_RATE_HZ = 8_000;

/** What is to be sent when a mark comes back. */
type Reply = 'audio' | 'reset';

/**
 * vosk-server's WebSocket protocol: raw 16-bit samples in, exactly one JSON reply to each binary message, because its clients
 * wait for it before they send on. A reply is due when the message has been heard and every stretch that ended in it has been
 * recognised; then it is that text, or else the partial text so far.
 */
export class VoskProtocol implements Protocol {
  #state: ProtocolState = 'waiting';
  #rateHz = STANDARD_RATE_HZ;
  #words = true;
  #alternatives = 0;
  #partial = '';
  /** Finals that no reply has told yet. */
  #finals: FinalResult[] = [];
  readonly #due = new Map<number, Reply>();
  #marks = 0;

  get state(): ProtocolState {
    return this.#state;
  }

  open(): readonly Action[] {
    return [];
  }

  text(frame: string): readonly Action[] {
    if (this.#state === 'closed' || this.#state === 'ending') return [];
    try {
      const message = parseObject(frame);
      if ('config' in message) return this.#configure(message['config']);
      if ('eof' in message) {
        const actions = this.#begin();
        this.#state = 'ending';
        return [...actions, { kind: 'ended' }];
      }
      if ('reset' in message) return [...this.#begin(), this.#mark('reset', true)];
      throw new FaultError('bad_message', 'Expected {"config":…}, {"eof":1} or {"reset":1} in a text frame, got another message.');
    } catch (error) {
      if (error instanceof FaultError) return this.fault(error);
      throw error;
    }
  }

  binary(frame: Uint8Array): readonly Action[] {
    if (this.#state === 'closed' || this.#state === 'ending') return [];
    return [...this.#begin(), { kind: 'audio', bytes: frame }, this.#mark('audio', false)];
  }

  answer(event: CallEvent): readonly Action[] {
    if (this.#state === 'closed') return [];
    if (event.kind === 'partial') this.#partial = event.text;
    if (event.kind === 'final') {
      this.#finals.push(event);
      this.#partial = '';
    }
    if (event.kind === 'mark') {
      const reply = this.#due.get(event.mark);
      this.#due.delete(event.mark);
      if (reply !== undefined) return [this.#reply(reply === 'reset')];
    }
    if (event.kind !== 'ended') return [];
    const last = this.#reply(true);
    if (event.fault !== undefined) return [last, ...this.fault(event.fault)];
    this.#state = 'closed';
    return [last, { kind: 'close', code: CLOSE_NORMAL, reason: 'eof' }];
  }

  /** vosk-server has no error message; its clients pass over a reply without text, and see the close code. */
  fault(fault: Fault): readonly Action[] {
    if (this.#state === 'closed') return [];
    this.#state = 'closed';
    return [
      { kind: 'send', text: JSON.stringify({ text: '', error: { code: fault.code, message: fault.message } }) },
      { kind: 'close', code: closeCodeOf(fault.code), reason: fault.code },
    ];
  }

  #configure(config: unknown): readonly Action[] {
    if (!isObject(config)) throw new FaultError('bad_message', 'Expected config to be an object, got something else.');
    if (config['sample_rate'] !== undefined) {
      const rateHz = Math.round(toNumber(config['sample_rate']) ?? 0);
      if (!isSampleRate(rateHz)) throw new FaultError('unsupported_format', 'Expected sample_rate to be from 1000 to 384000, got something else.');
      // As with vosk-server, a rate that comes after the first audio has no effect.
      if (this.#state === 'waiting') this.#rateHz = rateHz;
    }
    if (config['words'] !== undefined) this.#words = Boolean(config['words']);
    if (config['max_alternatives'] !== undefined) this.#alternatives = Math.trunc(toNumber(config['max_alternatives']) ?? 0);
    return [];
  }

  #begin(): Action[] {
    if (this.#state !== 'waiting') return [];
    this.#state = 'open';
    const format = { encoding: 'l16', sampleRateHz: this.#rateHz, channels: 1, bigEndian: false } as const;
    return [{ kind: 'started', format, callId: undefined, metadata: {}, partials: true, tonality: 'none' }];
  }

  #mark(reply: Reply, flush: boolean): Action {
    const mark = this.#marks++;
    this.#due.set(mark, reply);
    return { kind: 'finalise', mark, flush };
  }

  #reply(isFinal: boolean): Action {
    const finals = this.#finals.filter((final) => final.text !== '');
    this.#finals = [];
    // A stretch that held no word is told as a partial without words, and so keeps a client waiting for the next.
    const body = isFinal || finals.length > 0 ? this.#finalBody(finals) : { partial: this.#partial };
    return { kind: 'send', text: JSON.stringify(body) };
  }

  #finalBody(finals: readonly FinalResult[]): Record<string, unknown> {
    const segments = finals.flatMap((final) => final.segments);
    const text = finals.map((final) => final.text).join(' ');
    const result = placeWords(segments).map(({ word, startS, endS, confidence }) => ({
      conf: rounded(confidence),
      end: rounded(endS),
      start: rounded(startS),
      word,
    }));
    if (this.#alternatives > 0) {
      const words = this.#words ? { result: result.map(({ start, end, word }) => ({ start, end, word })) } : {};
      return { alternatives: [{ confidence: rounded(meanConfidence(segments)), ...words, text }] };
    }
    return this.#words && result.length > 0 ? { result, text } : { text };
  }
}
