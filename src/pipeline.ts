import { decodeAudio } from './audio/decode.js';
import type { DecodeInput } from './audio/decode.js';
import { DtmfFilter } from './audio/dtmf-filter.js';
import type { DtmfDigit } from './audio/dtmf.js';
import { MODEL_SAMPLE_RATE_HZ } from './audio/pcm.js';
import { emptyVerdict } from './classification/decision.js';
import type { Verdict } from './classification/verdict.js';
import type { SpeechEngine, SpeechEvent } from './engine/speech-engine.js';
import { MAX_TEXT_CHARACTERS } from './engine/speech-engine.js';
import { TonalitetError } from './errors.js';
import { RecognitionTally } from './recognition-tally.js';
import type { RecognitionDiagnostics } from './recognition-tally.js';
import { StepClock } from './step-clock.js';
import { placedSegment } from './transcription/transcript.js';
import type { TranscriptSegment } from './transcription/transcript.js';

/** A recording, in one of the ways in which it can be at hand. */
export type Recording = DecodeInput;

export interface PipelineOptions {
  /** The longest recording that is taken, in seconds. */
  readonly maxDurationS: number;
  /** The ffmpeg program for everything that is not WAV: a path, or a name looked up in PATH. */
  readonly ffmpegPath: string;
  readonly signal: AbortSignal | undefined;
}

/** Where the time went, in seconds of the clock on the wall; other recordings that are worked on at the same time add to them. */
export interface Timings {
  /** Reading, decoding and resampling the recording. */
  readonly decodeS: number;
  /** Finding the stretches of speech. */
  readonly vadS: number;
  /** Speech to text. */
  readonly transcribeS: number;
  /** Text to tonality. */
  readonly classifyS: number;
  readonly totalS: number;
}

/** What was heard in a whole recording. */
export interface TranscriptSummary {
  readonly durationS: number;
  readonly timings: Timings;
  /** The telephone keys that were pressed, in order, with their tones' times; what they sounded like is not in the text. At most 1,000. */
  readonly digits: readonly DtmfDigit[];
  /** How the text came about. */
  readonly diagnostics: RecognitionDiagnostics;
}

/** What was heard in a whole recording, and the verdict on it. */
export interface RecordingVerdict extends Verdict, TranscriptSummary {
  /** The segments' texts joined by spaces; empty where nothing was said. */
  readonly text: string;
  readonly segments: readonly TranscriptSegment[];
}

/** Stretches of speech that are recognised together, and with no other recording's: all that is held of a long recording. */
const STRETCHES_AT_ONCE = 4;

/** Digits that are kept of one recording; more is no caller. */
const MAX_DIGITS = 1_000;

/** From a recording to the verdict on what was said. @throws TonalitetError as `decodeAudio` and the engine do. */
export async function classifyRecording(recording: Recording, engine: SpeechEngine, options: PipelineOptions): Promise<RecordingVerdict> {
  const clock = new StepClock();
  const segments: TranscriptSegment[] = [];
  let characters = 0;
  const transcript = transcribeRecording(recording, engine, options, clock);
  let next = await transcript.next();
  for (; next.done !== true; next = await transcript.next()) {
    segments.push(next.value);
    characters += next.value.text.length + 1;
    if (characters <= MAX_TEXT_CHARACTERS) continue;
    await transcript.return(undefined as never);
    throw new TonalitetError(
      'TEXT_LIMIT',
      `Expected a comment of at most ${MAX_TEXT_CHARACTERS} characters, the recording holds more within its first ${Math.ceil(next.value.end)} s. ` +
        'Cut the recording into its comments, or ask for the transcript alone.',
    );
  }
  const text = segments.map((segment) => segment.text).join(' ');
  const verdict = await clock.time('classifyS', async () => judge(text, engine, options));
  return { ...verdict, text, segments, ...next.value, timings: clock.timings() };
}

/**
 * From a recording to the segments of its transcript, as they are recognised. Memory does not depend on the length. Times are
 * seconds from the beginning of the recording.
 *
 * @throws TonalitetError as `decodeAudio` and the engine do.
 */
export async function* transcribeRecording(
  recording: Recording,
  engine: SpeechEngine,
  options: PipelineOptions,
  clock: StepClock = new StepClock(),
): AsyncGenerator<TranscriptSegment, TranscriptSummary, undefined> {
  const chunks = decodeAudio(recording, options);
  const finder = await engine.openSpeechFinder();
  const filter = new DtmfFilter();
  const tally = new RecognitionTally();
  const digits: DtmfDigit[] = [];
  const stretches: Stretch[] = [];
  let samples = 0;
  try {
    for (;;) {
      const chunk = await clock.time('decodeS', async () => chunks.next());
      const filtered = chunk.done === true ? filter.flush() : filter.push(chunk.value);
      digits.push(...filtered.digits.slice(0, MAX_DIGITS - digits.length));
      const events = await clock.time('vadS', async () => {
        const found = await finder.push(filtered.samples);
        return chunk.done === true ? [...found, ...(await finder.flush())] : found;
      });
      stretches.push(...events.filter((event) => event.kind === 'speech_end'));
      if (stretches.length >= STRETCHES_AT_ONCE || chunk.done === true) yield* await recogniseStretches(stretches.splice(0), engine, options, clock, tally);
      if (chunk.done === true) break;
      samples += chunk.value.length;
    }
  } finally {
    await chunks.return();
    await finder.close();
  }
  return { durationS: samples / MODEL_SAMPLE_RATE_HZ, timings: clock.timings(), digits, diagnostics: tally.diagnostics };
}

type Stretch = Extract<SpeechEvent, { readonly kind: 'speech_end' }>;

async function recogniseStretches(
  stretches: readonly Stretch[],
  engine: SpeechEngine,
  { signal }: PipelineOptions,
  clock: StepClock,
  tally: RecognitionTally,
): Promise<TranscriptSegment[]> {
  const group = {};
  const recognised = await clock.time('transcribeS', async () =>
    Promise.all(
      stretches.map(async ({ samples, startS, endS }) => {
        const { segments, decoding } = await engine.recognise(samples, { group, ...(signal && { signal }) });
        tally.add(decoding);
        return segments.map((segment) => placedSegment(segment, startS, endS));
      }),
    ),
  );
  return recognised.flat();
}

async function judge(text: string, engine: SpeechEngine, { signal }: PipelineOptions): Promise<Verdict> {
  if (text === '') return emptyVerdict('no_speech');
  const [verdict] = await engine.classify([text], signal && { signal });
  // Only words come out of the recogniser; a text without any is one that it should not have given.
  return verdict === undefined || verdict.reason === 'no_text' ? emptyVerdict('no_speech') : verdict;
}
