import type { SpeechEngine } from '../engine/speech-engine.js';
import { RejectedInput } from '../survey/response-input.js';
import type { RawData, WebSocket } from './web-socket.js';
import { Call } from './call.js';
import type { CallBoard } from './call-board.js';
import type { Fault } from './fault.js';
import { errorField } from './logger.js';
import type { Logger } from './logger.js';
import { MessageRate, SMALL_MESSAGE_BYTES } from './message-rate.js';
import type { Metrics } from './metrics.js';
import type { PartialTurns } from './partial-turns.js';
import type { Action, CallEnded, CallEvent, ClientEvent, Protocol } from './protocol.js';
import type { ServerSettings } from './settings.js';

/** Reading stops while more audio than this waits to be heard, in seconds, and goes on below the other: the sender is held back by TCP. */
const BACKLOG_HIGH_S = 10;
const BACKLOG_LOW_S = 5;

/** Reading stops as well while this many stretches wait for their final; each holds up to 30 s of audio, 2 MB. */
const MAX_UNANSWERED = 4;

/** Answers that wait in a slow reader's socket, in bytes: above the first, partials are left out; above the second, it is let go. */
const OUTPUT_HIGH_BYTES = 262_144;
const MAX_OUTPUT_BYTES = 4_194_304;

/** A call counts as having audio until this long after its last. */
const ACTIVE_MS = 10_000;

/** The wait between two pings of a subscriber, which need not send anything else. */
const PING_MS = 20_000;

/** What connections share. */
export interface ConnectionContext {
  readonly engine: SpeechEngine;
  readonly turns: PartialTurns;
  readonly board: CallBoard;
  /** They may be reloaded. */
  readonly settings: () => ServerSettings;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly now: () => number;
  /** Keeps the results of a call that ended; `undefined` where nobody keeps them. The client hears of the end when they are kept. */
  readonly onResult: ((ended: CallEnded) => Promise<void> | void) | undefined;
  /** Why a call with this metadata cannot be kept, told before it begins; `undefined` where it can. */
  readonly refusal?: ((metadata: CallEnded['metadata']) => Fault | undefined) | undefined;
}

export interface ConnectionOptions {
  readonly socket: WebSocket;
  readonly protocol: Protocol;
  /** The protocol's name, for logs and metrics. */
  readonly name: string;
  readonly id: string;
  /** The name of the token that was presented; empty if none was needed. */
  readonly owner: string;
  readonly onClosed: () => void;
}

/** Binds a socket to a protocol and to a call, and holds both to their limits. */
export class Connection {
  readonly owner: string;
  readonly #context: ConnectionContext;
  readonly #options: ConnectionOptions;
  readonly #rate: MessageRate;
  readonly #openedMs: number;
  #call: Call | undefined;
  #unsubscribe: (() => void) | undefined;
  #lastMessageMs: number;
  #lastAudioMs: number;
  #pingedMs: number;
  #paused = false;
  #closed = false;
  #closeCode: number | undefined;
  #utterances = 0;
  /** While the results are being kept. */
  #keeping: Promise<void> | undefined;
  #lost = 0;
  readonly #done: Promise<void>;
  #resolveDone: () => void = () => undefined;

  constructor(context: ConnectionContext, options: ConnectionOptions) {
    this.owner = options.owner;
    this.#context = context;
    this.#options = options;
    this.#openedMs = context.now();
    this.#lastMessageMs = this.#openedMs;
    this.#lastAudioMs = this.#openedMs;
    this.#pingedMs = this.#openedMs;
    this.#rate = new MessageRate(context.settings().maxSmallMessagesS, this.#openedMs);
    this.#done = new Promise((resolve) => (this.#resolveDone = resolve));
    const { socket, protocol } = options;
    socket.on('message', (data, isBinary) => this.#message(data, isBinary));
    socket.on('pong', () => {
      if (this.#unsubscribe !== undefined) this.#lastMessageMs = context.now();
    });
    // A frame that ws refuses (too large, malformed, compressed without leave) has closed the socket with its own code already.
    socket.on('error', (error) => context.log.info('frame refused', { ...this.#fields(), error: errorField(error) }));
    socket.on('close', (code) => this.#onClose(code));
    this.#perform(protocol.open());
  }

  /** Whether it counts as a call with audio: since its opening, or its last audio, not long ago. */
  get active(): boolean {
    return this.#unsubscribe === undefined && this.#context.now() - this.#lastAudioMs < ACTIVE_MS;
  }

  get lagS(): number {
    return this.#call?.lagS ?? 0;
  }

  /** Resolves when the socket is closed and the call has ended. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** To be called some times a second. */
  tick(): void {
    if (this.#closed) return;
    const { now } = this.#context;
    const settings = this.#context.settings();
    const nowMs = now();
    const call = this.#call;
    this.#resumeIfRoom();
    if (call === undefined && this.#unsubscribe === undefined) {
      if (nowMs - this.#openedMs > settings.helloTimeoutS * 1000) {
        this.#fault({ code: 'hello_timeout', message: `Expected the first message within ${settings.helloTimeoutS} s, got none that begins a call.` });
      }
      return;
    }
    call?.checkLag();
    // A client that waits for answers has nothing to say.
    if (call !== undefined && (call.lagS > 0 || call.ending || this.#paused)) this.#lastMessageMs = nowMs;
    if (this.#unsubscribe !== undefined && nowMs - this.#pingedMs > PING_MS) {
      this.#pingedMs = nowMs;
      this.#options.socket.ping();
    }
    if (nowMs - this.#lastMessageMs > settings.idleTimeoutS * 1000) {
      const message = `Expected a message at least every ${settings.idleTimeoutS} s, got none. Send KeepAlive where nothing else is to be said.`;
      this.#endWith({ code: 'idle_timeout', message });
    }
  }

  /** The server is being stopped: the client is told how long it has. */
  announceStop(withinS: number): void {
    if (this.#call === undefined) this.#fault({ code: 'stopping', message: 'The server is being stopped. Connect again in a moment.' });
    else this.#emit({ kind: 'stopping', withinS });
  }

  /** Ends the call now; what was taken is still answered. */
  stop(): void {
    this.#endWith({ code: 'stopping', message: 'The server was stopped. What came before is answered; connect again for the rest.' });
  }

  /** Cuts the connection without waiting for anything. */
  terminate(): void {
    void this.#call?.discard();
    this.#options.socket.terminate();
  }

  #message(data: RawData, isBinary: boolean): void {
    if (this.#closed) return;
    const nowMs = this.#context.now();
    this.#lastMessageMs = nowMs;
    // ws gives a Buffer for its default binaryType, 'nodebuffer'.
    const bytes = data as Buffer;
    if ((!isBinary || bytes.length < SMALL_MESSAGE_BYTES) && !this.#rate.take(nowMs)) {
      const message = `Expected at most ${this.#context.settings().maxSmallMessagesS} small messages in a second, got more. Send audio in frames of 20 to 200 ms.`;
      return this.#fault({ code: 'too_fast', message });
    }
    const { protocol } = this.#options;
    this.#perform(isBinary ? protocol.binary(bytes) : protocol.text(bytes.toString('utf8')));
    this.#pauseIfFull();
  }

  #perform(actions: readonly Action[]): void {
    for (const action of actions) {
      if (action.kind === 'send') this.#send(action.text);
      else if (action.kind === 'close') this.#close(action.code, action.reason);
      else this.#event(action);
    }
  }

  #event(event: ClientEvent): void {
    if (event.kind === 'started') return this.#start(event);
    if (event.kind === 'subscribed') return this.#subscribe(event.callId);
    if (event.kind === 'audio') {
      this.#lastAudioMs = this.#context.now();
    }
    this.#call?.take(event);
  }

  #start(event: Extract<ClientEvent, { kind: 'started' }>): void {
    const { board, engine, turns, settings, now, refusal } = this.#context;
    const refused = refusal?.(event.metadata);
    if (refused !== undefined) return this.#fault(refused);
    let callId = event.callId ?? this.#options.id;
    // Two calls of one id could not be told apart; the client is told the new one.
    if (!board.register(this.owner, callId)) {
      callId = this.#options.id;
      board.register(this.owner, callId);
    }
    const call = new Call({ callId, engine, turns, now, maxDurationS: settings().maxCallS, emit: (answer) => this.#emit(answer) });
    this.#call = call;
    call.start(event);
    this.#context.log.info('call started', this.#fields());
  }

  #subscribe(callId: string): void {
    this.#unsubscribe = this.#context.board.subscribe(this.owner, callId, (event) => this.#answer(event));
    if (this.#unsubscribe === undefined) this.#fault({ code: 'overloaded', message: 'Expected fewer subscribers of this call, got one too many. End another.' });
  }

  /** An answer of the own call: counted, told to the client, and to whoever follows the call. */
  #emit(event: CallEvent): void {
    const { metrics, onResult } = this.#context;
    const { name } = this.#options;
    if (event.kind === 'final') {
      this.#utterances++;
      metrics.final(name, event.waitedS);
    } else if (event.kind === 'partial') metrics.partial(name);
    else if (event.kind === 'lost') {
      this.#lost++;
      metrics.lost(name);
      this.#context.log.error('stretch lost', this.#fields());
    } else if (event.kind === 'ended' && onResult !== undefined) {
      this.#keeping = this.#keep(event, onResult);
      return;
    }
    this.#tell(event);
  }

  /** The end of a call is told once its results are kept, and what went wrong with that is told with it. */
  async #keep(ended: CallEnded, onResult: (ended: CallEnded) => Promise<void> | void): Promise<void> {
    let told = ended;
    try {
      await onResult(ended);
    } catch (error) {
      const reason = error instanceof RejectedInput ? error.message : undefined;
      this.#context.log.error('result not kept', { ...this.#fields(), error: errorField(error), reason });
      const message = `The results of this call could not be kept${reason === undefined ? '' : ` (${reason})`}. Keep these answers yourself, and look into the server's log.`;
      told = { ...ended, fault: ended.fault ?? { code: 'internal', message } };
    }
    this.#tell(told);
  }

  #tell(event: CallEvent): void {
    this.#context.board.publish(this.owner, this.#call!.callId, event);
    this.#answer(event);
  }

  #answer(event: CallEvent): void {
    if (this.#closed) return;
    if (event.kind === 'partial' && this.#options.socket.bufferedAmount > OUTPUT_HIGH_BYTES) return;
    this.#perform(this.#options.protocol.answer(event));
    this.#resumeIfRoom();
  }

  #fault(fault: Fault): void {
    this.#perform(this.#options.protocol.fault(fault));
  }

  /** Ends the call for a reason of the server's: the answers first, then the fault. */
  #endWith(fault: Fault): void {
    if (this.#call === undefined || this.#closed) this.#fault(fault);
    else this.#call.end(fault);
  }

  #send(text: string): void {
    const { socket } = this.#options;
    if (socket.bufferedAmount > MAX_OUTPUT_BYTES) {
      this.#context.log.warn('slow reader', this.#fields());
      socket.terminate();
      return;
    }
    socket.send(text);
  }

  #close(code: number, reason: string): void {
    this.#closeCode = code;
    // A paused socket would never read the client's close frame.
    this.#resume();
    this.#options.socket.close(code, reason);
  }

  #pauseIfFull(): void {
    const backlog = this.#call?.backlog;
    if (this.#paused || backlog === undefined || (backlog.queuedS < BACKLOG_HIGH_S && backlog.unanswered < MAX_UNANSWERED)) return;
    this.#paused = true;
    this.#options.socket.pause();
  }

  #resumeIfRoom(): void {
    const backlog = this.#call?.backlog;
    if (backlog !== undefined && backlog.queuedS < BACKLOG_LOW_S && backlog.unanswered < MAX_UNANSWERED) this.#resume();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#lastMessageMs = this.#context.now();
    this.#options.socket.resume();
  }

  #onClose(code: number): void {
    this.#closed = true;
    this.#unsubscribe?.();
    const call = this.#call;
    void this.#finish(call).then(() => {
      const { log, metrics, board, now } = this.#context;
      if (call !== undefined) board.unregister(this.owner, call.callId);
      metrics.connectionClosed(this.#options.name, this.#closeCode ?? code);
      log.info('connection closed', {
        ...this.#fields(),
        code: this.#closeCode ?? code,
        audio_s: call?.durationS,
        took_s: (now() - this.#openedMs) / 1000,
        utterances: this.#utterances,
        lost: this.#lost,
      });
      metrics.audio(this.#options.name, call?.durationS ?? 0);
      this.#options.onClosed();
      this.#resolveDone();
    });
  }

  /** The client is gone. What it sent is still answered where someone else keeps or follows the answers. */
  async #finish(call: Call | undefined): Promise<void> {
    if (call === undefined) return;
    const heard = this.#context.onResult !== undefined || this.#context.board.hasSubscribers(this.owner, call.callId);
    if (!heard) return call.discard();
    call.end(undefined);
    await call.ended();
    await this.#keeping;
  }

  #fields(): { connection: string; call_id: string | undefined; path: string; token: string | undefined } {
    return {
      connection: this.#options.id,
      call_id: this.#call?.callId,
      path: this.#options.name,
      token: this.owner === '' ? undefined : this.owner,
    };
  }
}
