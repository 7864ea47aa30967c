import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** What is counted. Labels are protocols and codes only: few values, and none that a caller chooses. */
export interface Metrics {
  connectionOpened(protocol: string): void;
  connectionClosed(protocol: string, code: number): void;
  refused(reason: string): void;
  audio(protocol: string, seconds: number): void;
  /** @param seconds from the end of a stretch to its final. */
  final(protocol: string, seconds: number): void;
  partial(protocol: string): void;
  lost(protocol: string): void;
  request(route: string, status: number, seconds: number): void;
  /** The Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Read at each scrape. */
export interface MetricsSource {
  readonly streams: number;
  readonly connections: number;
  readonly lagS: number;
  readonly partialsWaiting: number;
  readonly responsesWaiting: number;
}

/** Seconds; the target for a final is 1.5 at the 95th percentile. */
const LATENCY_BUCKETS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30];

export function createMetrics(source: () => MetricsSource): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: (now: MetricsSource) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(source()));
      },
    });
  };
  gauge('tonalitet_streams', 'Calls with audio now', (now) => now.streams);
  gauge('tonalitet_connections', 'WebSocket connections now', (now) => now.connections);
  gauge('tonalitet_lag_seconds', 'How far the answers of the call that waits longest are behind its audio', (now) => now.lagS);
  gauge('tonalitet_partials_waiting', 'Calls that wait for their turn for a partial', (now) => now.partialsWaiting);
  gauge('tonalitet_responses_waiting', 'Responses on the disk that the store could not take yet', (now) => now.responsesWaiting);
  const opened = new Counter({ name: 'tonalitet_connections_opened_total', help: 'WebSocket connections opened', labelNames: ['protocol'], registers });
  const closed = new Counter({ name: 'tonalitet_connections_closed_total', help: 'WebSocket connections closed', labelNames: ['protocol', 'code'], registers });
  const refused = new Counter({ name: 'tonalitet_refused_total', help: 'Upgrades and requests refused', labelNames: ['reason'], registers });
  const audio = new Counter({ name: 'tonalitet_audio_seconds_total', help: 'Audio taken', labelNames: ['protocol'], registers });
  const finals = new Histogram({
    name: 'tonalitet_final_seconds',
    help: 'From the end of a stretch of speech, as detected, to its final text',
    labelNames: ['protocol'],
    buckets: LATENCY_BUCKETS,
    registers,
  });
  const partials = new Counter({ name: 'tonalitet_partials_total', help: 'Partial texts given', labelNames: ['protocol'], registers });
  const lost = new Counter({ name: 'tonalitet_lost_stretches_total', help: 'Stretches of speech that could not be recognised', labelNames: ['protocol'], registers });
  const requests = new Histogram({
    name: 'tonalitet_http_request_seconds',
    help: 'Requests by route and status',
    labelNames: ['route', 'status'],
    buckets: LATENCY_BUCKETS,
    registers,
  });
  return {
    connectionOpened: (protocol) => opened.inc({ protocol }),
    connectionClosed: (protocol, code) => closed.inc({ protocol, code: String(code) }),
    refused: (reason) => refused.inc({ reason }),
    audio: (protocol, seconds) => audio.inc({ protocol }, seconds),
    final: (protocol, seconds) => finals.observe({ protocol }, seconds),
    partial: (protocol) => partials.inc({ protocol }),
    lost: (protocol) => lost.inc({ protocol }),
    request: (route, status, seconds) => requests.observe({ route, status: String(status) }, seconds),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
