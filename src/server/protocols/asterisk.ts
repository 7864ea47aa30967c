import { CLOSE_NORMAL, FaultError, closeCodeOf } from '../fault.js';
import type { Fault } from '../fault.js';
import { isDigit, isObject, parseObject, toField, toMetadata } from '../fields.js';
import type { Action, CallEvent, Protocol, ProtocolState } from '../protocol.js';
import type { StreamFormat } from '../stream-format.js';

/** Asterisk's names of its raw formats. `slin` is 8 kHz; the number of the others is the rate in kHz. */
const FORMATS: Readonly<Record<string, Pick<StreamFormat, 'encoding' | 'sampleRateHz'>>> = {
  ulaw: { encoding: 'pcmu', sampleRateHz: 8_000 },
  alaw: { encoding: 'pcma', sampleRateHz: 8_000 },
  slin: { encoding: 'l16', sampleRateHz: 8_000 },
  slin12: { encoding: 'l16', sampleRateHz: 12_000 },
  slin16: { encoding: 'l16', sampleRateHz: 16_000 },
  slin24: { encoding: 'l16', sampleRateHz: 24_000 },
  slin32: { encoding: 'l16', sampleRateHz: 32_000 },
  slin44: { encoding: 'l16', sampleRateHz: 44_100 },
  slin48: { encoding: 'l16', sampleRateHz: 48_000 },
  slin96: { encoding: 'l16', sampleRateHz: 96_000 },
  slin192: { encoding: 'l16', sampleRateHz: 192_000 },
};

/** The key that ends a comment, if the URL names none: what callers are told to press by most voice menus. */
export const STANDARD_HANGUP_DIGIT = '#';

/**
 * Asterisk's chan_websocket: raw media in binary frames, events in text frames, in the plain flavour (`MEDIA_START a:b c:d`)
 * or the JSON one; the answers are in the flavour that came. The call is answered when its media starts, and hung up by the
 * digit that ends a comment. Asterisk says nothing at its own end but closes, and takes no text that is no command: results go
 * to the results file and to subscribers, by the id that `MEDIA_START` brings.
 */
export class AsteriskProtocol implements Protocol {
  readonly #hangupDigit: string | undefined;
  #state: ProtocolState = 'waiting';
  #json = false;

  /** @param options `hangupDigit` ends the comment; undefined leaves that to the dialplan. */
  constructor(options: { readonly hangupDigit: string | undefined }) {
    this.#hangupDigit = options.hangupDigit;
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
      const event = this.#parse(frame);
      if (event['event'] === 'MEDIA_START') return this.#start(event);
      if (event['event'] === 'DTMF_END') return this.#digit(event['digit']);
      // MEDIA_XOFF and MEDIA_XON are about media that we would send, and there is none; the others answer commands that are not given.
      return [];
    } catch (error) {
      if (error instanceof FaultError) return this.fault(error);
      throw error;
    }
  }

  binary(frame: Uint8Array): readonly Action[] {
    if (this.#state === 'waiting') return this.fault({ code: 'out_of_order', message: 'Expected MEDIA_START before media, got media first.' });
    // It sends frames until the channel is gone, also after HANGUP.
    return this.#state === 'open' && frame.length > 0 ? [{ kind: 'audio', bytes: frame }] : [];
  }

  answer(event: CallEvent): readonly Action[] {
    if (this.#state === 'closed' || event.kind !== 'ended') return [];
    if (event.fault !== undefined) return this.fault(event.fault);
    const hangup = this.#command('HANGUP');
    this.#state = 'closed';
    return [hangup, { kind: 'close', code: CLOSE_NORMAL, reason: 'ended' }];
  }

  fault(fault: Fault): readonly Action[] {
    if (this.#state === 'closed') return [];
    const begun = this.#state !== 'waiting';
    this.#state = 'closed';
    return [...(begun ? [this.#command('HANGUP')] : []), { kind: 'close', code: closeCodeOf(fault.code), reason: fault.code }];
  }

  #parse(frame: string): Readonly<Record<string, unknown>> {
    if (frame.trimStart().startsWith('{')) {
      this.#json = true;
      return parseObject(frame);
    }
    const [event = '', ...pairs] = frame.trim().split(/\s+/u);
    const fields: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const pair of pairs) {
      // Channel names have colons of their own: only the first one parts.
      const colon = pair.indexOf(':');
      if (colon > 0) fields[pair.slice(0, colon)] = pair.slice(colon + 1);
    }
    return { ...fields, event };
  }

  #start(event: Readonly<Record<string, unknown>>): readonly Action[] {
    if (this.#state !== 'waiting') throw new FaultError('out_of_order', 'Expected one MEDIA_START, got another.');
    const known = Object.hasOwn(FORMATS, String(event['format'])) ? FORMATS[String(event['format'])] : undefined;
    if (known === undefined) {
      throw new FaultError('unsupported_format', 'Expected format ulaw, alaw or slin with a rate, got another. Set the codec in the dial string, such as /c(ulaw).');
    }
    this.#state = 'open';
    const ids = { connection_id: event['connection_id'], channel: event['channel'], channel_id: event['channel_id'] };
    // The uniqueid of the channel is what the rest of Asterisk knows the call by; the first versions did not send it.
    const callId = toField(event['channel_id']) ?? toField(event['connection_id']);
    const variables = isObject(event['channel_variables']) ? event['channel_variables'] : {};
    const format: StreamFormat = { ...known, channels: 1, bigEndian: false };
    return [
      { kind: 'started', format, callId, metadata: toMetadata({ ...ids, ...variables }), partials: false, tonality: 'utterance' },
      this.#command('ANSWER'),
    ];
  }

  #digit(digit: unknown): readonly Action[] {
    if (!isDigit(digit)) throw new FaultError('bad_message', 'Expected digit to be one of 0-9, *, #, A-D, got something else.');
    if (this.#state !== 'open') return [];
    if (digit !== this.#hangupDigit) return [{ kind: 'digit', digit }];
    this.#state = 'ending';
    return [{ kind: 'digit', digit }, { kind: 'ended' }];
  }

  #command(command: string): Action {
    return { kind: 'send', text: this.#json ? JSON.stringify({ command }) : command };
  }
}
