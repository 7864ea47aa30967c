import { TonalitetError } from '../errors.js';
import type { EndedMessage, StreamMessage } from './message.js';
import { openSocket } from './socket.js';
import type { ClientSocket } from './socket.js';
import { UnansweredAudio } from './unanswered-audio.js';

/** Bytes that wait in the socket before {@link StreamClient.write} holds its caller back. */
const OUTPUT_HIGH_BYTES = 65_536;

/** How often a full socket is looked at again. */
const DRAIN_LOOK_MS = 20;

/** The wait before the first new connection; it doubles with each that fails. */
const FIRST_WAIT_MS = 250;

/** Messages that wait for their reader; a reader that is further behind than this gets no more partials. */
const MAX_WAITING = 1_000;

export interface StreamClientOptions {
  /** Such as `ws://127.0.0.1:8380`; the path is added where there is none. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly encoding: 'pcmu' | 'pcma' | 'l16';
  /** In hertz. */
  readonly sampleRateHz: number;
  /** @default 1 */
  readonly channels?: 1 | 2 | undefined;
  readonly callId?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** @default true */
  readonly partials?: boolean | undefined;
  /** @default 'utterance' */
  readonly tonality?: 'none' | 'comment' | 'utterance' | 'running' | undefined;
  /**
   * New connections after one is lost; what had no final yet is sent again.
   *
   * @default 5
   */
  readonly maxReconnects?: number | undefined;
}

/**
 * One call to a tonalitet server. Write audio, read messages (it is an async iterable of them), and `end()`. A lost connection
 * is opened anew and the audio without a final is sent again; times go on counting from the beginning of the call.
 */
export class StreamClient implements AsyncIterable<StreamMessage> {
  readonly #options: StreamClientOptions;
  readonly #audio: UnansweredAudio;
  readonly #waiting: StreamMessage[] = [];
  #wake: () => void = () => undefined;
  #socket: ClientSocket | undefined;
  #reconnects = 0;
  /** Where in the call the present connection began, in seconds. */
  #baseS = 0;
  #ending = false;
  #finished = false;
  #failure: Error | undefined;
  readonly #texts: { readonly channel: number; readonly text: string }[] = [];
  readonly #ended: Promise<EndedMessage>;
  #settle: { resolve: (ended: EndedMessage) => void; reject: (error: unknown) => void } = { resolve: () => undefined, reject: () => undefined };

  private constructor(options: StreamClientOptions) {
    this.#options = options;
    const bytesPerS = options.sampleRateHz * (options.channels ?? 1) * (options.encoding === 'l16' ? 2 : 1);
    this.#audio = new UnansweredAudio(bytesPerS, (options.channels ?? 1) * (options.encoding === 'l16' ? 2 : 1));
    this.#ended = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.#ended.catch(() => undefined);
  }

  /** @throws TonalitetError `CONNECTION_FAILED` when the server cannot be reached or refuses. */
  static async connect(options: StreamClientOptions): Promise<StreamClient> {
    const client = new StreamClient(options);
    await client.#open();
    return client;
  }

  /** Sends audio. Resolves when there is room for more: wait for it, and a slow server holds you back. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#ending) throw new TypeError('expected write() before end()');
    if (this.#failure !== undefined) throw this.#failure;
    this.#audio.push(bytes);
    // While there is none, the next connection sends what is kept, this included.
    this.#socket?.send(bytes);
    while (this.#failure === undefined && (this.#socket === undefined || this.#socket.bufferedAmount > OUTPUT_HIGH_BYTES)) await sleep(DRAIN_LOOK_MS);
  }

  /** Sends all audio of a source as it comes: a file's or a socket's stream, or a {@link Microphone}. */
  async writeAll(source: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const bytes of source) await this.write(bytes);
  }

  /** Ends what is open now: its final comes without waiting for a pause. */
  finalize(): void {
    this.#socket?.send(JSON.stringify({ type: 'Finalize' }));
  }

  digit(digit: string): void {
    this.#socket?.send(JSON.stringify({ type: 'dtmf', digit }));
  }

  /** Says that no more comes, and waits for the last answer. */
  async end(): Promise<EndedMessage> {
    if (!this.#ending) {
      this.#ending = true;
      this.#socket?.send(JSON.stringify({ type: 'CloseStream' }));
    }
    return this.#ended;
  }

  /** Messages as they come, until the call has ended. */
  async *[Symbol.asyncIterator](): AsyncGenerator<StreamMessage, void, undefined> {
    for (;;) {
      const message = this.#waiting.shift();
      if (message !== undefined) yield message;
      else if (this.#failure !== undefined) throw this.#failure;
      else if (this.#finished) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async #open(): Promise<void> {
    const { url, token, encoding, sampleRateHz, channels, callId, metadata, partials, tonality } = this.#options;
    const socket = await openSocket(streamUrl(url), token, {
      message: (text) => this.#take(text),
      closed: (code, reason) => this.#lostOrDone(socket, code, reason),
    });
    socket.send(
      JSON.stringify({ type: 'start', version: 1, encoding, sample_rate: sampleRateHz, channels: channels ?? 1, call_id: callId, metadata, partials, tonality }),
    );
    this.#baseS = this.#audio.startS;
    for (const bytes of this.#audio.kept()) socket.send(bytes);
    if (this.#ending) socket.send(JSON.stringify({ type: 'CloseStream' }));
    this.#socket = socket;
  }

  #take(text: string): void {
    const message = shifted(JSON.parse(text) as StreamMessage, this.#baseS);
    if (message.type === 'result' && message.is_final) {
      // With two channels, only what both have answered can be let go.
      if ((this.#options.channels ?? 1) === 1) this.#audio.answered(message.end);
      this.#texts.push({ channel: message.channel, text: message.text });
    }
    if (message.type === 'ended') {
      const ended = this.#reconnects === 0 ? message : this.#joined(message);
      this.#give(ended);
      this.#finished = true;
      this.#settle.resolve(ended);
      return;
    }
    this.#give(message);
  }

  /** The last connection knows only what came over it: its tonality is not that of the whole comment. */
  #joined(ended: EndedMessage): EndedMessage {
    const comments = ended.comments.map(({ channel, segments, lost }) => ({
      channel,
      text: this.#texts
        .filter((part) => part.channel === channel && part.text !== '')
        .map((part) => part.text)
        .join(' '),
      segments,
      lost,
    }));
    return { ...ended, duration_s: ended.duration_s + this.#baseS, comments };
  }

  #give(message: StreamMessage): void {
    if (this.#waiting.length >= MAX_WAITING && message.type === 'result' && !message.is_final) return;
    this.#waiting.push(message);
    this.#wake();
  }

  #lostOrDone(socket: ClientSocket, code: number, reason: string): void {
    if (this.#socket !== undefined && this.#socket !== socket) return;
    this.#socket = undefined;
    if (this.#finished) return this.#wake();
    const again = isTransient(code) && this.#reconnects < (this.#options.maxReconnects ?? 5);
    if (again) void this.#reconnect();
    else this.#fail(new TonalitetError('CONNECTION_FAILED', `Expected the call to end with its last answer, got a close with code ${code} (${reason}). See docs/protocol.md.`));
  }

  async #reconnect(): Promise<void> {
    const { maxReconnects = 5 } = this.#options;
    while (this.#reconnects < maxReconnects) {
      await sleep(FIRST_WAIT_MS * 2 ** this.#reconnects);
      this.#reconnects++;
      try {
        await this.#open();
        this.#give({ type: 'reconnected', at: this.#baseS });
        return;
      } catch (error) {
        if (this.#reconnects >= maxReconnects) this.#fail(error);
      }
    }
  }

  #fail(error: unknown): void {
    this.#failure = error instanceof Error ? error : new Error(String(error));
    this.#settle.reject(this.#failure);
    this.#wake();
  }
}

/** Closes after which another try may go better: lost, going away, overloaded, failed inside. */
function isTransient(code: number): boolean {
  return [1001, 1006, 1011, 1012, 1013].includes(code);
}

function streamUrl(url: string): string {
  const parsed = new URL(url);
  parsed.protocol = parsed.protocol.replace(/^http/, 'ws');
  if (parsed.pathname === '/') parsed.pathname = '/v1/stream';
  return parsed.href;
}

/** Times of a later connection, counted from the beginning of the call. */
function shifted(message: StreamMessage, baseS: number): StreamMessage {
  if (baseS === 0) return message;
  if (message.type === 'result') {
    const segments = message.segments?.map((segment) => ({ ...segment, start: segment.start + baseS, end: segment.end + baseS }));
    return { ...message, start: message.start + baseS, end: message.end + baseS, ...(segments && { segments }) };
  }
  if (message.type === 'lost') return { ...message, start: message.start + baseS, end: message.end + baseS };
  if (message.type === 'speech_started' || message.type === 'dtmf') return { ...message, at: message.at + baseS };
  return message;
}

/** Browsers have no timers that are promises. */
async function sleep(ms: number): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, ms));
}
