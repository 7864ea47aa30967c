import { CLOSE_NORMAL, FaultError, closeCodeOf } from '../fault.js';
import type { Fault } from '../fault.js';
import { parseObject, toField, toNumber } from '../fields.js';
import { rounded } from '../call-json.js';
import type { Action, CallEvent, Protocol, ProtocolRequest, ProtocolState } from '../protocol.js';
import { isSampleRate } from '../stream-format.js';
import type { StreamEncoding, StreamFormat } from '../stream-format.js';
import { verdictJson } from '../../comment-json.js';
import { meanConfidence, placeWords } from '../words.js';
import type { TranscriptSegment } from '../../transcription/transcript.js';

const ENCODINGS: Readonly<Record<string, StreamEncoding>> = { mulaw: 'pcmu', alaw: 'pcma', linear16: 'l16' };

/** An id for "the model" that clients check to be a UUID; it names no other than ours. */
const MODEL_UUID = '746f6e61-6c69-4465-9400-000000000001';

interface Wishes {
  readonly format: StreamFormat;
  readonly interim: boolean;
  readonly speechStarted: boolean;
  readonly utteranceEnd: boolean;
}

/**
 * What Deepgram's live clients speak at `/v1/listen`: settings in the query, audio in binary frames, `KeepAlive`, `Finalize`
 * and `CloseStream` as text; `Results`, `SpeechStarted`, `UtteranceEnd` and a closing `Metadata` come back. Results of the last
 * stretch carry our `tonality` beside Deepgram's fields.
 */
export class DeepgramProtocol implements Protocol {
  readonly #request: ProtocolRequest;
  #state: ProtocolState = 'waiting';
  #wishes: Wishes | undefined;
  #marks = 0;
  #flushes = 0;

  constructor(request: ProtocolRequest) {
    this.#request = request;
  }

  get state(): ProtocolState {
    return this.#state;
  }

  /** All is said by the query: the call begins at once. */
  open(): readonly Action[] {
    const { query, newId } = this.#request;
    try {
      this.#wishes = readWishes(query);
    } catch (error) {
      if (error instanceof FaultError) return this.fault(error);
      throw error;
    }
    this.#state = 'open';
    const tags = Object.fromEntries([...query.getAll('tag'), ...query.getAll('extra')].slice(0, 8).map((tag, i) => [`tag_${i}`, tag]));
    const metadata = Object.fromEntries(Object.entries(tags).flatMap(([key, tag]) => (toField(tag) === undefined ? [] : [[key, tag]])));
    return [{ kind: 'started', format: this.#wishes.format, callId: newId, metadata, partials: this.#wishes.interim, tonality: 'utterance' }];
  }

  text(frame: string): readonly Action[] {
    if (this.#state === 'closed' || this.#state === 'ending') return [];
    try {
      const { type } = parseObject(frame);
      if (type === 'KeepAlive') return [];
      if (type === 'Finalize') {
        this.#flushes++;
        return [{ kind: 'finalise', mark: this.#marks++, flush: true }];
      }
      if (type === 'CloseStream') {
        this.#state = 'ending';
        return [{ kind: 'ended' }];
      }
      throw new FaultError('bad_message', 'Expected type KeepAlive, Finalize or CloseStream, got another.');
    } catch (error) {
      if (error instanceof FaultError) return this.fault(error);
      throw error;
    }
  }

  binary(frame: Uint8Array): readonly Action[] {
    if (this.#state !== 'open') return [];
    if (frame.length > 0) return [{ kind: 'audio', bytes: frame }];
    // Older clients end the stream with an empty message.
    this.#state = 'ending';
    return [{ kind: 'ended' }];
  }

  answer(event: CallEvent): readonly Action[] {
    if (this.#state === 'closed' || this.#wishes === undefined) return [];
    switch (event.kind) {
      case 'speech_started':
        return this.#wishes.speechStarted ? [send({ type: 'SpeechStarted', channel: [event.channel, this.#wishes.format.channels], timestamp: rounded(event.atS) })] : [];
      case 'partial':
        return [this.#results(event, [{ start: event.startS, end: event.endS, text: event.text, confidence: 0 }], false, false)];
      case 'final': {
        const results = this.#results(event, event.segments, true, event.utteranceEnd);
        const last = placeWords(event.segments).at(-1)?.endS;
        if (!this.#wishes.utteranceEnd || !event.utteranceEnd || last === undefined) return [results];
        return [results, send({ type: 'UtteranceEnd', channel: [event.channel, this.#wishes.format.channels], last_word_end: rounded(last) })];
      }
      case 'mark':
        return this.#finalized();
      case 'ended': {
        const metadata = send({ ...this.#metadata(), duration: rounded(event.durationS), tonality: event.comments.map((comment) => (comment.verdict === undefined ? null : verdictJson(comment.verdict))) });
        if (event.fault !== undefined) return [metadata, ...this.fault(event.fault)];
        this.#state = 'closed';
        return [metadata, { kind: 'close', code: CLOSE_NORMAL, reason: 'closed' }];
      }
      default:
        return [];
    }
  }

  fault(fault: Fault): readonly Action[] {
    if (this.#state === 'closed') return [];
    this.#state = 'closed';
    const request = { request_id: this.#request.newId };
    return [send({ type: 'Error', err_code: fault.code, err_msg: fault.message, description: fault.message, ...request }), { kind: 'close', code: closeCodeOf(fault.code), reason: fault.code }];
  }

  /** After Finalize, clients wait for results that say so, also where nothing was open. */
  #finalized(): readonly Action[] {
    if (this.#flushes === 0) return [];
    this.#flushes--;
    const nothing = { channel: 0, startS: 0, endS: 0, text: '' };
    return [this.#results(nothing, [], true, true, true)];
  }

  #results(
    { channel, startS, endS, text }: { readonly channel: number; readonly startS: number; readonly endS: number; readonly text: string },
    segments: readonly TranscriptSegment[],
    isFinal: boolean,
    speechFinal: boolean,
    fromFinalize = false,
  ): Action {
    const words = placeWords(segments).map((word) => ({
      word: word.word.toLowerCase().replace(/[.,!?;:"]/g, ''),
      start: rounded(word.startS),
      end: rounded(word.endS),
      confidence: rounded(word.confidence),
      punctuated_word: word.word,
    }));
    return send({
      type: 'Results',
      channel_index: [channel, this.#wishes?.format.channels ?? 1],
      duration: rounded(endS - startS),
      start: rounded(startS),
      is_final: isFinal,
      speech_final: speechFinal,
      from_finalize: fromFinalize,
      channel: { alternatives: [{ transcript: text, confidence: rounded(meanConfidence(segments)), words }] },
      metadata: { request_id: this.#request.newId, model_info: { name: 'tonalitet', version: '1', arch: 'whisper' }, model_uuid: MODEL_UUID },
    });
  }

  #metadata(): Record<string, unknown> {
    return {
      type: 'Metadata',
      transaction_key: 'deprecated',
      request_id: this.#request.newId,
      // Of the audio, at Deepgram; it is not kept here, so there is nothing to take it of.
      sha256: '',
      created: new Date(this.#request.startedAtMs).toISOString(),
      channels: this.#wishes?.format.channels ?? 1,
      models: [MODEL_UUID],
    };
  }
}

function send(message: Record<string, unknown>): Action {
  return { kind: 'send', text: JSON.stringify(message) };
}

function readWishes(query: URLSearchParams): Wishes {
  const encoding = ENCODINGS[query.get('encoding') ?? ''];
  if (encoding === undefined) throw new FaultError('unsupported_format', 'Expected encoding=mulaw, alaw or linear16 in the query, got another or none. Containers and compressed audio are not taken live.');
  const sampleRateHz = toNumber(query.get('sample_rate') ?? (encoding === 'l16' ? undefined : 8_000));
  if (!isSampleRate(sampleRateHz)) throw new FaultError('unsupported_format', 'Expected sample_rate from 1000 to 384000 in the query, got something else.');
  const channels = toNumber(query.get('channels') ?? 1);
  if (channels !== 1 && channels !== 2) throw new FaultError('unsupported_format', 'Expected channels=1 or 2 in the query, got something else.');
  const utteranceEnd = query.get('utterance_end_ms') !== null;
  return {
    format: { encoding, sampleRateHz, channels, bigEndian: false },
    interim: query.get('interim_results') === 'true',
    speechStarted: query.get('vad_events') === 'true',
    utteranceEnd,
  };
}
