import { DtmfFilter } from '../audio/dtmf-filter.js';
import type { FilteredSound } from '../audio/dtmf-filter.js';
import type { DtmfDigit } from '../audio/dtmf.js';
import { MODEL_SAMPLE_RATE_HZ } from '../audio/pcm.js';
import { Resampler } from '../audio/resample.js';
import { emptyVerdict } from '../classification/decision.js';
import type { Verdict } from '../classification/verdict.js';
import { MAX_TEXT_CHARACTERS } from '../engine/speech-engine.js';
import type { SpeechEngine, SpeechEvent } from '../engine/speech-engine.js';
import { placedSegment } from '../transcription/transcript.js';
import type { TranscriptSegment } from '../transcription/transcript.js';
import { LiveSpeech } from './live-speech.js';
import type { PartialTurns } from './partial-turns.js';
import type { CallEvent, CommentResult, FinalResult, TonalityWish } from './protocol.js';
import { recogniseAgain } from './recognise-again.js';
import { StableText } from './stable-text.js';

/** Samples that are gathered before the voice activity detection hears them: 100 ms, five telephony frames, fewer messages to its thread. */
const GATHER_SAMPLES = MODEL_SAMPLE_RATE_HZ / 10;

/** Open speech, in seconds, before its first partial: two or three words. */
const FIRST_PARTIAL_S = 0.6;

/** New audio, in seconds, between one partial and the next: about as fast as one reads along. */
const PARTIAL_PACE_S = 1;

/** The same where a pass heard no word yet, as in the first syllable: the reader still sees nothing. */
const RETRY_PACE_S = 0.3;

export interface ChannelOptions {
  readonly index: number;
  readonly inputRateHz: number;
  readonly engine: SpeechEngine;
  readonly turns: PartialTurns;
  readonly partials: boolean;
  readonly tonality: TonalityWish;
  /** Milliseconds that only go forward. */
  readonly now: () => number;
  readonly emit: (event: CallEvent) => void;
  /** A telephone key was heard. */
  readonly heardDigit: (digit: DtmfDigit) => void;
  /** The voice activity detection is lost, and opening it anew did not help; the call is to end. */
  readonly failed: (error: unknown) => void;
  readonly signal: AbortSignal;
}

type Work =
  | { readonly kind: 'samples'; readonly samples: Float32Array; readonly receivedMs: number }
  | { readonly kind: 'flush' }
  /** Called once everything before it has been heard, and finals before it were given. */
  | { readonly kind: 'reached'; readonly done: () => void };

/** One voice of a call: audio in, partials, finals and tonality out, in the order in which they were said. */
export class Channel {
  readonly #options: ChannelOptions;
  readonly #resampler: Resampler;
  readonly #keys = new DtmfFilter();
  readonly #speech: LiveSpeech;
  readonly #work: Work[] = [];
  #running = false;
  #gathered: Float32Array[] = [];
  #gatheredSamples = 0;
  /** Samples in `#work`. */
  #queuedSamples = 0;
  /** When the audio came that is being heard now. */
  #hearingSinceMs: number | undefined;
  /** Finals are given in order, though they may be made side by side. */
  #finals: Promise<void> = Promise.resolve();
  /** When each stretch ended that has no final yet. */
  readonly #unansweredMs: number[] = [];
  #utterance = 0;
  readonly #segments: TranscriptSegment[] = [];
  readonly #texts: string[] = [];
  /** The verdict on the text that was judged last: many comments are one utterance, and need not be judged twice. */
  #judged: { readonly text: string; readonly verdict: Verdict } | undefined;
  readonly #lost: { startS: number; endS: number }[] = [];
  /** Set when the voice activity detection is lost for good: from here on nothing is heard. */
  #deafFromS: number | undefined;
  #partial: { readonly utterance: number; readonly stable: StableText; readonly abort: AbortController } | undefined;
  #cancelTurn: (() => void) | undefined;
  #nextPartialS = 0;
  #heardS = 0;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#resampler = new Resampler(options.inputRateHz);
    this.#speech = new LiveSpeech(options.engine);
  }

  /** Audio that has not been heard yet, in seconds. */
  get queuedS(): number {
    return (this.#queuedSamples + this.#gatheredSamples) / MODEL_SAMPLE_RATE_HZ;
  }

  /** Stretches of speech that wait for their final. */
  get unanswered(): number {
    return this.#unansweredMs.length;
  }

  /** How long the oldest audio or stretch without an answer has waited, in seconds. */
  lagS(nowMs: number): number {
    const queued = this.#work.find((work) => work.kind === 'samples');
    const since = [this.#hearingSinceMs, queued?.kind === 'samples' ? queued.receivedMs : undefined, this.#unansweredMs[0]];
    return Math.max(0, ...since.map((ms) => (ms === undefined ? 0 : nowMs - ms))) / 1000;
  }

  /** @param samples at the input rate; kept. */
  push(samples: Float32Array): void {
    this.#take(this.#keys.push(this.#resampler.push(samples)));
  }

  flush(): void {
    this.#take(this.#keys.flush());
    this.#handOn();
    this.#work.push({ kind: 'flush' });
    this.#run();
  }

  /** Resolves when what was pushed so far has been heard and the finals of what ended in it were given. */
  reached(): Promise<void> {
    return new Promise((resolve) => {
      this.#work.push({ kind: 'reached', done: resolve });
      this.#run();
    });
  }

  /** Hears the last samples, ends what is open, and gives the whole comment once its answers are given. */
  async end(): Promise<CommentResult> {
    this.#take(this.#keys.push(this.#resampler.end()));
    this.flush();
    await this.reached();
    if (this.#deafFromS !== undefined) this.#lose(this.#utterance++, this.#deafFromS, this.#heardS);
    const text = this.#texts.join(' ');
    return { channel: this.#options.index, text, segments: this.#segments, verdict: await this.#commentVerdict(text), lost: this.#lost };
  }

  async close(): Promise<void> {
    for (const work of this.#work.splice(0)) if (work.kind === 'reached') work.done();
    this.#queuedSamples = 0;
    this.#endPartial();
    await this.#speech.close();
  }

  #take({ samples, digits }: FilteredSound): void {
    digits.forEach(this.#options.heardDigit);
    this.#gather(samples);
  }

  #gather(samples: Float32Array): void {
    if (samples.length === 0) return;
    this.#gathered.push(samples);
    this.#gatheredSamples += samples.length;
    if (this.#gatheredSamples >= GATHER_SAMPLES) this.#handOn();
  }

  #handOn(): void {
    if (this.#gatheredSamples === 0) return;
    const samples = new Float32Array(this.#gatheredSamples);
    let offset = 0;
    for (const piece of this.#gathered) {
      // Clipped here as in MonoPipeline: after resampling, whose overshoots would otherwise be outside the models' range.
      for (const sample of piece) samples[offset++] = Math.max(-1, Math.min(1, sample));
    }
    this.#gathered = [];
    this.#gatheredSamples = 0;
    this.#queuedSamples += samples.length;
    this.#work.push({ kind: 'samples', samples, receivedMs: this.#options.now() });
    this.#run();
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#workOff().finally(() => (this.#running = false));
  }

  async #workOff(): Promise<void> {
    for (;;) {
      const work = this.#work.shift();
      if (work === undefined) return;
      if (work.kind === 'reached') this.#finals = this.#finals.then(work.done);
      else if (this.#deafFromS === undefined) await this.#hear(work);
      if (work.kind === 'samples') {
        this.#queuedSamples = Math.max(0, this.#queuedSamples - work.samples.length);
        this.#heardS += work.samples.length / MODEL_SAMPLE_RATE_HZ;
        this.#hearingSinceMs = undefined;
        this.#wantPartial();
      }
    }
  }

  async #hear(work: Exclude<Work, { kind: 'reached' }>): Promise<void> {
    try {
      if (work.kind === 'samples') {
        this.#hearingSinceMs = work.receivedMs;
        this.#takeIn(await this.#speech.push(work.samples));
      } else {
        this.#takeIn(await this.#speech.flush());
      }
    } catch (error) {
      if (this.#options.signal.aborted) return;
      this.#deafFromS = this.#speech.unfinishedFromS;
      this.#endPartial();
      this.#options.failed(error);
    }
  }

  #takeIn(events: readonly SpeechEvent[]): void {
    const { index, emit } = this.#options;
    events.forEach((event, i) => {
      if (event.kind === 'speech_start') {
        this.#nextPartialS = event.atS + FIRST_PARTIAL_S;
        emit({ kind: 'speech_started', channel: index, atS: event.atS });
        return;
      }
      this.#endPartial();
      const next = events[i + 1];
      // Cut for its length: the speaker goes on where the stretch ended.
      const goesOn = next?.kind === 'speech_start' && next.atS - event.endS < 0.05;
      this.#answer(event, !goesOn);
    });
  }

  #answer(stretch: Extract<SpeechEvent, { kind: 'speech_end' }>, utteranceEnd: boolean): void {
    const { engine, turns, now, signal } = this.#options;
    const utterance = this.#utterance++;
    const { startS, endS } = stretch;
    const sinceMs = now();
    this.#unansweredMs.push(sinceMs);
    const recognition = turns.final(() => recogniseAgain(engine, stretch.samples, signal));
    // It is waited for in order; until then its failure must not count as nobody's.
    recognition.catch(() => undefined);
    this.#finals = this.#finals.then(async () => {
      const result = await recognition.catch(() => undefined);
      this.#unansweredMs.shift();
      if (result === undefined) {
        if (!signal.aborted) this.#lose(utterance, startS, endS);
        return;
      }
      const segments = result.segments.map((segment) => placedSegment(segment, startS, endS));
      const waitedS = (now() - sinceMs) / 1000;
      const { index } = this.#options;
      await this.#give({ kind: 'final', channel: index, utterance, startS, endS, text: result.text, segments, utteranceEnd, waitedS });
    });
  }

  #lose(utterance: number, startS: number, endS: number): void {
    this.#lost.push({ startS, endS });
    this.#options.emit({ kind: 'lost', channel: this.#options.index, utterance, startS, endS });
  }

  async #give(final: FinalResult): Promise<void> {
    const { emit, tonality, index } = this.#options;
    emit(final);
    if (final.text === '') return;
    this.#segments.push(...final.segments);
    this.#texts.push(final.text);
    if (tonality !== 'utterance' && tonality !== 'running') return;
    const text = this.#texts.join(' ');
    const texts = tonality === 'running' && text !== final.text ? [final.text, text] : [final.text];
    const [ofUtterance, second] = await this.#judge(texts);
    const soFar = tonality === 'running' ? (second ?? ofUtterance) : undefined;
    const judged = text === final.text ? ofUtterance : second;
    this.#judged = judged && { text, verdict: judged };
    if (ofUtterance !== undefined) emit({ kind: 'tonality', channel: index, utterance: final.utterance, verdict: ofUtterance });
    if (soFar !== undefined) emit({ kind: 'tonality', channel: index, utterance: undefined, verdict: soFar });
  }

  async #commentVerdict(text: string): Promise<Verdict | undefined> {
    if (this.#options.tonality === 'none') return undefined;
    if (text === '') return emptyVerdict('no_speech');
    return this.#judged?.text === text ? this.#judged.verdict : (await this.#judge([text]))[0];
  }

  /** @returns none where the classification fails: the text is worth giving without its tonality. */
  async #judge(texts: readonly string[]): Promise<readonly Verdict[]> {
    const { engine, signal } = this.#options;
    try {
      return await engine.classify(
        texts.map((text) => text.slice(0, MAX_TEXT_CHARACTERS)),
        { signal },
      );
    } catch {
      return [];
    }
  }

  #wantPartial(): void {
    const { partials, turns } = this.#options;
    if (!partials || !this.#speech.speaking || this.#cancelTurn !== undefined || this.#heardS < this.#nextPartialS) return;
    this.#cancelTurn = turns.request(() => this.#makePartial());
  }

  async #makePartial(): Promise<void> {
    const { engine, emit, index, signal } = this.#options;
    const utterance = this.#utterance;
    if (this.#partial?.utterance !== utterance) this.#partial = { utterance, stable: new StableText(), abort: new AbortController() };
    const partial = this.#partial;
    try {
      const open = await this.#speech.openSpeech();
      if (open === undefined || this.#partial !== partial) return;
      const endS = open.startS + open.samples.length / MODEL_SAMPLE_RATE_HZ;
      this.#nextPartialS = endS + PARTIAL_PACE_S;
      const { text } = await engine.recognise(open.samples, { priority: 'partial', signal: AbortSignal.any([signal, partial.abort.signal]) });
      // The stretch may have ended meanwhile; then its final, not this, is what the client is to see.
      if (this.#partial !== partial) return;
      if (text === '') {
        this.#nextPartialS = endS + RETRY_PACE_S;
        return;
      }
      emit({ kind: 'partial', channel: index, utterance, startS: open.startS, endS, ...partial.stable.agree(text) });
    } catch {
      // A partial that cannot be made is left out: the final says the same, and is tried again.
    } finally {
      if (this.#partial === partial) this.#cancelTurn = undefined;
    }
  }

  #endPartial(): void {
    this.#cancelTurn?.();
    this.#cancelTurn = undefined;
    this.#partial?.abort.abort();
    this.#partial = undefined;
  }
}
