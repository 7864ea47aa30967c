import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SpeechEngine } from '../engine/speech-engine.js';
import { CallBoard } from './call-board.js';
import { createDashboard } from './dashboard/dashboard-routes.js';
import type { Dashboard, DashboardOptions } from './dashboard/dashboard-routes.js';
import { ENDPOINTS, VOSK_PORT_ENDPOINT } from './endpoints.js';
import type { Endpoint } from './endpoints.js';
import { faultOf } from './fault.js';
import type { Fault } from './fault.js';
import { answerProblem } from './http-answer.js';
import { leaveUnread, urlOfRequest } from './http-request.js';
import { admitRequest, operationsRoutes } from './http-routes.js';
import type { Route } from './http-routes.js';
import { lateEngine } from './late-engine.js';
import { Listener } from './listener.js';
import type { ListenerOptions } from './listener.js';
import { createLogger, errorField } from './logger.js';
import type { Logger } from './logger.js';
import { createMetrics } from './metrics.js';
import type { Metrics } from './metrics.js';
import { pageRoutes } from './page-routes.js';
import { PartialTurns } from './partial-turns.js';
import type { CallEnded } from './protocol.js';
import { checkSettings } from './settings.js';
import type { ServerSettings } from './settings.js';
import { SurveyIntake } from './survey-intake.js';
import type { SurveyKeeping } from './survey-intake.js';
import { readTlsFiles } from './tls-files.js';
import { responseRoutes } from './response-routes.js';
import { UploadGate } from './upload-gate.js';
import { uploadRoutes } from './upload-routes.js';
import { warmUp } from './warm-up.js';
import { WsGate } from './ws-gate.js';

/** Partials made at the same time over all calls; one, so that a final never waits for more than one. */
const PARTIALS_AT_ONCE = 1;

/** How often connections are looked after: time-outs and lag are told this exactly. */
const TICK_MS = 250;

/** How often the PEM files are looked at for a renewal. */
const RELOAD_MS = 10_000;

/** After the time for draining: how long the answers to what was taken may still take. */
export const LAST_ANSWERS_S = 15;

export interface CreateServerOptions {
  readonly settings: ServerSettings;
  /** Makes the engine; the server listens, and is not ready, while it does. It is disposed of when the server stops. */
  readonly createEngine: () => Promise<SpeechEngine>;
  /** @default lines of JSON on standard error */
  readonly log?: Logger | undefined;
  /**
   * Called with each call that ended; what it does with the words is its responsibility. The client hears of the end when what it
   * returns has resolved, and that the results were not kept when it rejects.
   */
  readonly onResult?: ((ended: CallEnded) => Promise<void> | void) | undefined;
  /** Where calls and posted responses become responses of the survey; `undefined` where nothing is kept. */
  readonly keeping?: SurveyKeeping | undefined;
  /** Where responses are; with it the server has the dashboard at `/rapport`. The server does not close it. */
  readonly dashboard?: DashboardSource | undefined;
}

/** What the dashboard shows, and where it writes down who read what. */
export type DashboardSource = Pick<DashboardOptions, 'store' | 'audit' | 'survey'>;

/** A server that runs. */
export interface TonalitetServer {
  /** Where it is, such as `http://127.0.0.1:8380`. */
  readonly url: string;
  /** The port of vosk-server's own protocol, if one was asked for. */
  readonly voskUrl: string | undefined;
  /** Resolves when the models are loaded and warm; rejects if they cannot be loaded. */
  readonly ready: Promise<void>;
  /** Takes other tokens, origins, keys and limits from now on, and reads the PEM files again. Addresses stay. */
  reload(settings: ServerSettings): Promise<void>;
  /** Refuses new calls, lets those that are open end within `drain_s`, answers what was taken, and closes. Idempotent. */
  stop(): Promise<void>;
}

/** Starts a server. It resolves when it listens; see {@link TonalitetServer.ready} for the models. */
export async function createServer(options: CreateServerOptions): Promise<TonalitetServer> {
  checkSettings(options.settings);
  const server = new Server(options);
  await server.listen();
  return server;
}

class Server implements TonalitetServer {
  readonly ready: Promise<void>;
  #settings: ServerSettings;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #turns = new PartialTurns(PARTIALS_AT_ONCE);
  readonly #gate: WsGate;
  readonly #routes: readonly Route[];
  readonly #dashboard: Dashboard | undefined;
  readonly #engine: Promise<SpeechEngine>;
  readonly #intake: SurveyIntake | undefined;
  #closed: Fault | undefined = { code: 'not_ready', message: 'The models are being loaded. Try again in a moment.' };
  #main: Listener | undefined;
  #vosk: Listener | undefined;
  #tlsMark: string | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: CreateServerOptions) {
    this.#settings = options.settings;
    this.#log = options.log ?? createLogger(options.settings.logLevel);
    this.#metrics = createMetrics(() => ({
      streams: this.#gate.streams,
      connections: this.#gate.connections.size,
      lagS: this.#gate.lagS,
      partialsWaiting: this.#turns.waiting,
      responsesWaiting: this.#intake?.waiting ?? 0,
    }));
    this.#engine = options.createEngine();
    this.ready = this.#warm();
    // Whoever waits for it hears of it; so does /ready.
    this.ready.catch(() => undefined);
    const engine = lateEngine(this.#engine);
    this.#intake = options.keeping && new SurveyIntake(options.keeping, engine, this.#log);
    const state = { closedBecause: () => this.#closed, settings: () => this.#settings, port: () => this.#main?.port ?? 0, metrics: this.#metrics };
    this.#gate = new WsGate(state, {
      engine,
      turns: this.#turns,
      board: new CallBoard(),
      settings: () => this.#settings,
      log: this.#log,
      metrics: this.#metrics,
      now: () => performance.now(),
      onResult: resultKeeper(this.#intake, options.onResult),
      refusal: (metadata) => this.#intake?.refusal(metadata),
    });
    const page = this.#settings.page ? pageRoutes() : [];
    const uploads = { ...state, engine, now: () => performance.now() };
    const uploadGate = new UploadGate(uploads);
    const responses = this.#intake === undefined ? [] : responseRoutes(uploads, uploadGate, this.#intake);
    this.#dashboard =
      options.dashboard === undefined
        ? undefined
        : createDashboard({ ...options.dashboard, settings: () => this.#settings, log: this.#log, now: () => performance.now() });
    this.#routes = [
      ...page,
      ...(this.#dashboard?.routes ?? []),
      ...operationsRoutes(state),
      ...uploadRoutes(uploads, uploadGate),
      ...responses,
    ];
  }

  get url(): string {
    return this.#main!.url;
  }

  get voskUrl(): string | undefined {
    return this.#vosk?.url;
  }

  async listen(): Promise<void> {
    const { port, voskPort } = this.#settings;
    const tls = await readTlsFiles(this.#settings);
    this.#tlsMark = tls?.mark;
    try {
      this.#main = await this.#open(port, tls?.options, (path) => ENDPOINTS.find((endpoint) => endpoint.path === path), this.#routes);
      if (voskPort !== undefined) {
        // Only vosk's protocol, and only at the path where its clients look for it.
        this.#vosk = await this.#open(voskPort, tls?.options, (path) => (path === '/' ? VOSK_PORT_ENDPOINT : undefined), []);
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#every(TICK_MS, () => this.#gate.tick());
    this.#every(RELOAD_MS, () => void this.#reloadTls());
    this.#log.info('listening', { path: this.url });
  }

  async reload(settings: ServerSettings): Promise<void> {
    checkSettings(settings);
    this.#settings = { ...settings, host: this.#settings.host, port: this.#settings.port, voskPort: this.#settings.voskPort };
    await this.#reloadTls();
    this.#log.info('settings reloaded', { count: settings.tokens.length });
  }

  async stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #warm(): Promise<void> {
    try {
      const started = performance.now();
      await warmUp(await this.#engine);
      if (this.#stopping === undefined) {
        this.#closed = undefined;
        this.#intake?.start();
      }
      this.#log.info('ready', { took_s: (performance.now() - started) / 1000 });
    } catch (error) {
      this.#closed = { code: 'not_ready', message: 'The models could not be loaded. The log has the details.' };
      this.#log.error('models could not be loaded', { error: errorField(error) });
      throw error;
    }
  }

  async #open(port: number, tls: ListenerOptions['tls'], endpointAt: (path: string) => Endpoint | undefined, routes: readonly Route[]): Promise<Listener> {
    const { host, helloTimeoutS, maxConnections } = this.#settings;
    return Listener.open({
      host,
      port,
      tls,
      helloTimeoutS,
      maxConnections,
      log: this.#log,
      onRequest: (request, response) => void this.#request(routes, request, response),
      onUpgrade: (request, socket, head) => {
        const url = urlOfRequest(request);
        if (url === undefined) socket.destroy();
        else this.#gate.upgrade(endpointAt(url.pathname), url, request, socket, head);
      },
    });
  }

  async #request(routes: readonly Route[], request: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = performance.now();
    const url = urlOfRequest(request);
    const route = routes.find((candidate) => candidate.path === url?.pathname && candidate.method === (request.method === 'HEAD' ? 'GET' : request.method));
    const name = route?.path ?? 'other';
    response.on('close', () => this.#metrics.request(name, response.statusCode, (performance.now() - started) / 1000));
    const fail = (fault: Fault): void => {
      this.#metrics.refused(fault.code);
      (route?.answerFault ?? answerProblem)(response, fault);
    };
    if (route === undefined || url === undefined) {
      const known = routes.some((candidate) => candidate.path === url?.pathname);
      fail(known ? { code: 'method_not_allowed', message: 'Expected another method for this path.' } : { code: 'not_found', message: 'Expected a path of docs/server.md, got another.' });
      return leaveUnread(request);
    }
    try {
      const admitted = admitRequest(route, request, url, this.#settings, this.#main?.port ?? 0);
      if ('fault' in admitted) fail(admitted.fault);
      else await route.handle(request, response, { url, owner: admitted.owner });
    } catch (error) {
      const fault = faultOf(error);
      if (fault.code === 'internal') this.#log.error('request failed', { path: name, error: errorField(error) });
      fail(fault);
    }
    leaveUnread(request);
  }

  async #reloadTls(): Promise<void> {
    try {
      const tls = await readTlsFiles(this.#settings);
      if (tls === undefined || tls.mark === this.#tlsMark) return;
      this.#tlsMark = tls.mark;
      for (const listener of [this.#main, this.#vosk]) listener?.renew(tls.options);
      this.#log.info('certificates reloaded');
    } catch (error) {
      // The old ones go on: a renewal that is half written is read again at the next look.
      this.#log.warn('certificates not reloaded', { error: errorField(error) });
    }
  }

  async #stop(): Promise<void> {
    const { drainS } = this.#settings;
    this.#closed = { code: 'stopping', message: 'The server is being stopped. Connect again in a moment.' };
    this.#dashboard?.close();
    this.#log.info('draining', { count: this.#gate.connections.size });
    for (const connection of this.#gate.connections) connection.announceStop(drainS);
    await this.#connectionsDone(drainS);
    for (const connection of this.#gate.connections) connection.stop();
    await this.#connectionsDone(LAST_ANSWERS_S);
    for (const connection of this.#gate.connections) connection.terminate();
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all([this.#main, this.#vosk].map(async (listener) => listener?.close()));
    await this.#intake?.stop();
    // An engine that could not be made is nothing to dispose of.
    await this.#engine.then(async (engine) => engine.dispose()).catch(() => undefined);
    this.#log.info('stopped');
  }

  async #connectionsDone(withinS: number): Promise<void> {
    const enough = new AbortController();
    await Promise.race([
      Promise.all([...this.#gate.connections].map(async (connection) => connection.done)),
      sleep(withinS * 1000, undefined, { signal: enough.signal }).catch(() => undefined),
    ]);
    enough.abort();
  }

  #every(ms: number, work: () => void): void {
    this.#timers.push(setInterval(work, ms).unref());
  }
}

/** A call is kept as a response, and handed to whoever else wants it; it has ended when both are done. */
function resultKeeper(intake: SurveyIntake | undefined, onResult: CreateServerOptions['onResult']): CreateServerOptions['onResult'] {
  if (intake === undefined) return onResult;
  return async (ended) => {
    await Promise.all([intake.keep(ended), onResult?.(ended)]);
  };
}
