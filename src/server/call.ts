import type { SpeechEngine } from '../engine/speech-engine.js';
import { Channel } from './channel.js';
import { faultOf } from './fault.js';
import type { Fault } from './fault.js';
import type { PartialTurns } from './partial-turns.js';
import { PressedKeys } from './pressed-keys.js';
import type { PressedKey } from './pressed-keys.js';
import type { CallEnded, CallEvent, ClientEvent } from './protocol.js';
import { StreamDecoder } from './stream-format.js';

/** Answers that are this far behind are told to the client, in seconds: more than two passes of a machine that keeps up. */
export const LAG_BOUND_S = 2;

/** The wait between two notices of lag of one call. */
const LAG_NOTICE_MS = 1_000;

/** The most lost or left out audio that is filled in at a time, in seconds: the longest hold music is no comment. */
const MAX_SILENCE_S = 60;

export interface CallOptions {
  readonly callId: string;
  readonly engine: SpeechEngine;
  readonly turns: PartialTurns;
  /** Milliseconds that only go forward. */
  readonly now: () => number;
  readonly maxDurationS: number;
  readonly emit: (event: CallEvent) => void;
}

type Started = Extract<ClientEvent, { kind: 'started' }>;

/** One call, whatever its protocol: its channels, what was dialled, and its end. */
export class Call {
  readonly callId: string;
  readonly #options: CallOptions;
  readonly #abort = new AbortController();
  #started: Started | undefined;
  #decoders: StreamDecoder[] = [];
  #channels: Channel[] = [];
  /** Samples at the input rate that each channel has. */
  #received: number[] = [];
  readonly #keys = new PressedKeys();
  #ending: Promise<void> | undefined;
  #behind = false;
  #lagToldMs = -Infinity;

  constructor(options: CallOptions) {
    this.callId = options.callId;
    this.#options = options;
  }

  get started(): boolean {
    return this.#started !== undefined;
  }

  get ending(): boolean {
    return this.#ending !== undefined;
  }

  /** Audio taken so far, in seconds. */
  get durationS(): number {
    return this.#started === undefined ? 0 : Math.max(0, ...this.#received) / this.#started.format.sampleRateHz;
  }

  /** Audio that waits to be heard, in seconds, and stretches that wait for their final: what the memory is filled with. */
  get backlog(): { readonly queuedS: number; readonly unanswered: number } {
    return {
      queuedS: this.#channels.reduce((sum, channel) => sum + channel.queuedS, 0),
      unanswered: this.#channels.reduce((sum, channel) => sum + channel.unanswered, 0),
    };
  }

  /** How far the answers are behind the audio, in seconds. */
  get lagS(): number {
    const nowMs = this.#options.now();
    return Math.max(0, ...this.#channels.map((channel) => channel.lagS(nowMs)));
  }

  start(event: Started): void {
    if (this.#started !== undefined) throw new Error('expected a call to start once');
    this.#started = event;
    const { format, partials, tonality } = event;
    const { engine, turns, now, emit } = this.#options;
    this.#received = Array.from({ length: format.channels }, () => 0);
    this.#channels = this.#received.map(
      (_, index) =>
        new Channel({
          index,
          inputRateHz: format.sampleRateHz,
          engine,
          turns,
          partials,
          tonality,
          now,
          emit,
          heardDigit: ({ digit, startS }) => this.#pressed(this.#keys.heard(digit, startS)),
          failed: (error) => this.end(faultOf(error)),
          signal: this.#abort.signal,
        }),
    );
    // The first reads interleaved channels; the others, channels that come each for itself.
    this.#decoders = [new StreamDecoder(format), ...this.#channels.map(() => new StreamDecoder({ ...format, channels: 1 }))];
    emit({ kind: 'call_started', callId: this.callId, format });
  }

  /** Takes what the client sent after its start. Nothing is taken once the call is ending. */
  take(event: Exclude<ClientEvent, { kind: 'started' | 'subscribed' }>): void {
    if (this.#ending !== undefined || this.#started === undefined) return;
    if (event.kind === 'audio') this.#audio(event.bytes, event.channel);
    else if (event.kind === 'silence') this.#silence(event.durationS, event.channel);
    else if (event.kind === 'digit') this.#pressed(this.#keys.told(event.digit, this.durationS));
    else if (event.kind === 'paused') for (const channel of this.#channels) channel.flush();
    else if (event.kind === 'finalise') this.#finalise(event.mark, event.flush);
    else this.end(undefined);
  }

  /** Ends the call: what was taken is still answered, and `ended` is the last event. */
  end(fault: Fault | undefined): void {
    this.#ending ??= this.#end(fault);
  }

  /** Resolves when the last event has been given. */
  async ended(): Promise<void> {
    await this.#ending;
  }

  /** Gives up what has not been answered, because nobody is left to answer to. */
  async discard(): Promise<void> {
    this.#abort.abort();
    this.#ending ??= Promise.resolve();
    await Promise.all(this.#channels.map((channel) => channel.close()));
  }

  /** To be called now and then: tells the client when its answers fall behind, and when they have caught up. */
  checkLag(): void {
    const nowMs = this.#options.now();
    const lagS = this.lagS;
    const behind = lagS > LAG_BOUND_S;
    if (!behind && !this.#behind) return;
    if (behind && nowMs - this.#lagToldMs < LAG_NOTICE_MS) return;
    this.#behind = behind;
    this.#lagToldMs = nowMs;
    this.#options.emit({ kind: 'lag', lagS, behind });
  }

  #audio(bytes: Uint8Array, index: number | undefined): void {
    const decoded = this.#decoders[index === undefined ? 0 : index + 1]?.write(bytes) ?? [];
    decoded.forEach((samples, i) => this.#push(index ?? i, samples));
  }

  #silence(durationS: number, index: number | undefined): void {
    const samples = Math.round(Math.min(durationS, MAX_SILENCE_S) * this.#started!.format.sampleRateHz);
    this.#channels.forEach((_, i) => {
      if (index === undefined || index === i) this.#push(i, new Float32Array(samples));
    });
  }

  #push(index: number, samples: Float32Array): void {
    const channel = this.#channels[index];
    if (channel === undefined || this.#ending !== undefined) return;
    const { maxDurationS } = this.#options;
    const room = Math.floor(maxDurationS * this.#started!.format.sampleRateHz) - this.#received[index]!;
    this.#received[index]! += Math.min(samples.length, room);
    channel.push(samples.subarray(0, room));
    if (samples.length > room) {
      const message = `Expected at most ${maxDurationS} s of audio in one call, got more. What came before is answered; begin another call for the rest.`;
      this.end({ code: 'too_long', message });
    }
  }

  #pressed(key: PressedKey | undefined): void {
    if (key !== undefined) this.#options.emit({ kind: 'digit', ...key });
  }

  #finalise(mark: number, flush: boolean): void {
    if (flush) for (const channel of this.#channels) channel.flush();
    void Promise.all(this.#channels.map((channel) => channel.reached())).then(() => {
      if (!this.#abort.signal.aborted) this.#options.emit({ kind: 'mark', mark });
    });
  }

  async #end(fault: Fault | undefined): Promise<void> {
    const comments = await Promise.all(this.#channels.map((channel) => channel.end()));
    await Promise.all(this.#channels.map((channel) => channel.close()));
    if (this.#abort.signal.aborted) return;
    const ended: CallEnded = {
      kind: 'ended',
      callId: this.callId,
      durationS: this.durationS,
      comments,
      digits: this.#keys.pressed,
      metadata: this.#started?.metadata ?? {},
      fault,
    };
    this.#options.emit(ended);
  }
}
