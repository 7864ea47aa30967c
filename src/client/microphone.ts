import { TonalitetError } from '../errors.js';
import type { BrowserAudio, CaptureNode, MediaSound, SoundContext } from './browser-audio.js';
import { CAPTURE_NAME, CAPTURE_SOURCE } from './capture-processor.js';
import { toL16 } from './l16.js';

/** Sound that waits for its reader, in seconds; a microphone cannot be held back, so what comes then is left out. */
export const MAX_WAITING_S = 30;

/** How long a browser may take to begin, in milliseconds. One that waits for a click begins never. */
const START_TIMEOUT_MS = 5_000;

/** How long the last, unfinished frame is waited for, in milliseconds. */
const FLUSH_TIMEOUT_MS = 500;

export interface MicrophoneOptions {
  /**
   * What the sound is brought to, in hertz: 16000 is what the server works at. A browser that cannot do that gives its own rate, so
   * ask {@link Microphone.sampleRateHz}.
   *
   * @default 16000
   */
  readonly sampleRateHz?: 16_000 | 48_000 | undefined;
  /** Which microphone, as `enumerateDevices()` names it; the browser's choice where it is left out. */
  readonly deviceId?: string | undefined;
  /**
   * Whether the browser may cancel echoes, suppress noise and change the gain. The recogniser does without, and can lose by it.
   *
   * @default false
   */
  readonly processing?: boolean | undefined;
  /** Called for every 40 ms of sound with its level: the root of the mean square, from 0 to 1. */
  readonly onLevel?: ((level: number) => void) | undefined;
  /**
   * The address of the audio thread's program (`CAPTURE_SOURCE`), for pages whose content security policy lets in no `blob:`.
   *
   * @default a `blob:` address
   */
  readonly processorUrl?: string | undefined;
}

/**
 * A browser's microphone as 16-bit little-endian mono, in pieces of 40 ms: an async iterable, to be read once. It ends with
 * {@link close}. A reader that is slower than the sound is waited for up to {@link MAX_WAITING_S}; what does not fit then is left out
 * and counted in {@link lostS}.
 */
export class Microphone implements AsyncIterable<Uint8Array> {
  /** What the samples come at, in hertz. */
  readonly sampleRateHz: number;
  readonly #sound: MediaSound;
  readonly #context: SoundContext;
  readonly #node: CaptureNode;
  readonly #waiting: Uint8Array[] = [];
  #waitingSamples = 0;
  #lostSamples = 0;
  #wake: () => void = () => undefined;
  #failure: TonalitetError | undefined;
  #finished = false;
  #flushed: () => void = () => undefined;
  #closing: Promise<void> | undefined;

  private constructor(sound: MediaSound, context: SoundContext, node: CaptureNode, onLevel: ((level: number) => void) | undefined) {
    this.sampleRateHz = context.sampleRate;
    this.#sound = sound;
    this.#context = context;
    this.#node = node;
    node.port.onmessage = ({ data }) => {
      if (data instanceof Float32Array) this.#take(data, onLevel);
      else this.#flushed();
    };
    for (const track of sound.getTracks()) {
      track.addEventListener('ended', () => {
        if (this.#closing === undefined) this.#failure = unavailable('one that was taken away while it was heard');
        void this.close();
      });
    }
  }

  /**
   * Asks for the microphone and begins to hear it. Call it in answer to a click or a key: some browsers let no sound begin otherwise.
   *
   * @throws TonalitetError `MICROPHONE_UNAVAILABLE` without a microphone, without leave, or outside a secure page.
   */
  static async open(options: MicrophoneOptions = {}): Promise<Microphone> {
    const browser = globalThis as unknown as BrowserAudio;
    const devices = browser.navigator?.mediaDevices;
    if (devices === undefined || browser.AudioContext === undefined || browser.AudioWorkletNode === undefined) {
      throw unavailable('a program that has none. Microphones are only there in browsers, on pages over https or from localhost');
    }
    const { deviceId, processing = false } = options;
    const wanted = { channelCount: 1, echoCancellation: processing, noiseSuppression: processing, autoGainControl: processing };
    let sound: MediaSound | undefined;
    let context: SoundContext | undefined;
    try {
      sound = await devices.getUserMedia({ audio: { ...wanted, ...(deviceId === undefined ? {} : { deviceId: { exact: deviceId } }) } });
      const opened = contextFor(browser.AudioContext, sound, options.sampleRateHz ?? 16_000);
      context = opened.context;
      await addProcessor(browser, context, options.processorUrl);
      const node = new browser.AudioWorkletNode(context, CAPTURE_NAME, { numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit' });
      const microphone = new Microphone(sound, context, node, options.onLevel);
      opened.source.connect(node);
      await running(context);
      return microphone;
    } catch (error) {
      for (const track of sound?.getTracks() ?? []) track.stop();
      await context?.close();
      throw error instanceof TonalitetError ? error : unavailable(`${nameOf(error)} from the browser`, error);
    }
  }

  /** Sound that was left out because nobody read it in time, in seconds. */
  get lostS(): number {
    return this.#lostSamples / this.sampleRateHz;
  }

  /** Lets the microphone go. What was heard until now is still read. Safe to call twice. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** @throws TonalitetError `MICROPHONE_UNAVAILABLE` when the microphone is taken away, after what it gave until then. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const bytes = this.#waiting.shift();
        if (bytes !== undefined) {
          this.#waitingSamples -= bytes.length / 2;
          yield bytes;
        } else if (this.#finished) {
          if (this.#failure !== undefined) throw this.#failure;
          return;
        } else {
          await new Promise<void>((resolve) => (this.#wake = resolve));
        }
      }
    } finally {
      // Who stops reading has no use for the microphone any more.
      await this.close();
    }
  }

  #take(samples: Float32Array, onLevel: ((level: number) => void) | undefined): void {
    onLevel?.(Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length));
    if (this.#waitingSamples + samples.length > MAX_WAITING_S * this.sampleRateHz) {
      this.#lostSamples += samples.length;
      return;
    }
    this.#waitingSamples += samples.length;
    this.#waiting.push(toL16(samples));
    this.#wake();
  }

  async #close(): Promise<void> {
    const flushed = new Promise<void>((resolve) => (this.#flushed = resolve));
    this.#node.port.postMessage('flush');
    await within(flushed, FLUSH_TIMEOUT_MS);
    for (const track of this.#sound.getTracks()) track.stop();
    this.#node.disconnect();
    this.#node.port.close();
    await this.#context.close();
    this.#finished = true;
    this.#wake();
  }
}

/** A context at the rate that is wanted; some browsers only connect a microphone at its own. */
function contextFor(Context: NonNullable<BrowserAudio['AudioContext']>, sound: MediaSound, sampleRateHz: number): { readonly context: SoundContext; readonly source: ReturnType<SoundContext['createMediaStreamSource']> } {
  const context = new Context({ sampleRate: sampleRateHz });
  try {
    return { context, source: context.createMediaStreamSource(sound) };
  } catch {
    void context.close();
    const own = new Context();
    return { context: own, source: own.createMediaStreamSource(sound) };
  }
}

async function addProcessor(browser: BrowserAudio, context: SoundContext, url: string | undefined): Promise<void> {
  if (url !== undefined) return context.audioWorklet.addModule(url);
  const made = browser.URL.createObjectURL(new browser.Blob([CAPTURE_SOURCE], { type: 'text/javascript' }));
  try {
    await context.audioWorklet.addModule(made);
  } finally {
    browser.URL.revokeObjectURL(made);
  }
}

/** Waits until the context runs; without a click of the user a browser may leave it suspended for ever. */
async function running(context: SoundContext): Promise<void> {
  if (context.state !== 'running') await within(context.resume(), START_TIMEOUT_MS);
  if (context.state !== 'running') throw unavailable("a browser that waits for the user. Open the microphone in answer to a click");
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}

/** A browser's errors are told apart by their name: `NotAllowedError`, `NotFoundError`, `NotReadableError`. */
function nameOf(error: unknown): string {
  return error instanceof Error || (typeof error === 'object' && error !== null && 'name' in error) ? String(error.name) : 'an error';
}

function unavailable(got: string, cause?: unknown): TonalitetError {
  return new TonalitetError('MICROPHONE_UNAVAILABLE', `Expected a microphone that may be heard, got ${got}. Check the device and the page's permission.`, { cause });
}
