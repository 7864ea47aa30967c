import { AREAS, SERVICES, TONALITIES } from './labels.js';
import type { Area, Tonality } from './labels.js';
import type { DecisionThresholds } from './tonality-config.js';
import type { AreaVerdict, NoTonalityReason, TonalityProbabilities, Verdict } from './verdict.js';

/** The model's raw outputs for one window of text. */
export interface WindowLogits {
  /** How much of the text it is: its number of tokens. */
  readonly weight: number;
  /** [3]: the tonalities */
  readonly tonality: Float32Array;
  /** [5 × 4]: for each area absent, positiv, skeptisk, negativ */
  readonly areas: Float32Array;
  /** [9]: the services */
  readonly services: Float32Array;
  /** Whether the text judges something. */
  readonly opinion: number;
}

/** Outputs for each area: absent, and the tonalities. */
const AREA_OUTPUTS = 1 + TONALITIES.length;

/** Services are only asked for where this area is judged; see the annotation guide. */
const AREA_WITH_SERVICES: Area = 'kommunala_tjanster';

/** The verdict where there is nothing to judge. */
export function emptyVerdict(reason: Exclude<NoTonalityReason, 'no_opinion'>): Verdict {
  return { tonality: null, reason, probabilities: null, uncertain: false, areas: [], services: [] };
}

/**
 * From the outputs for all windows of a text to the verdict on the whole. Windows count by their length and by how much
 * they judge; an area, a service or an opinion in one of them is one in the text. Pure.
 *
 * @param windows at least one.
 */
export function decide(windows: readonly WindowLogits[], thresholds: DecisionThresholds): Verdict {
  const opinions = windows.map((window) => sigmoid(window.opinion));
  const weights = shares(windows.map((window, i) => window.weight * opinions[i]!));
  const probabilities = mean(windows.map((window) => softmax(window.tonality, thresholds.temperature)), weights);
  const byTonality = Object.fromEntries(TONALITIES.map((tonality, i) => [tonality, probabilities[i]!])) as unknown as TonalityProbabilities;
  if (Math.max(...opinions) <= thresholds.opinionThreshold) {
    return { tonality: null, reason: 'no_opinion', probabilities: byTonality, uncertain: false, areas: [], services: [] };
  }
  const areas = decideAreas(windows, weights, thresholds);
  return {
    tonality: TONALITIES[indexOfMax(probabilities)]!,
    reason: null,
    probabilities: byTonality,
    uncertain: Math.max(...probabilities) < thresholds.uncertainBelow,
    areas,
    services: areas.some(({ area }) => area === AREA_WITH_SERVICES) ? decideServices(windows, thresholds) : [],
  };
}

function decideAreas(windows: readonly WindowLogits[], weights: readonly number[], thresholds: DecisionThresholds): AreaVerdict[] {
  const candidates = AREAS.map((area, i) => {
    const outputs = windows.map((window) => softmax(window.areas.subarray(i * AREA_OUTPUTS, (i + 1) * AREA_OUTPUTS), thresholds.areaTemperature));
    const judged = Math.max(...outputs.map((output) => 1 - output[0]!));
    const tonalities = shares(mean(outputs, weights).slice(1));
    const best = indexOfMax(tonalities);
    return { area, judged, tonality: TONALITIES[best] as Tonality, probability: judged * tonalities[best]! };
  });
  const found = candidates.filter(({ judged }) => judged > thresholds.areaThreshold);
  // A text that judges something judges at least one thing.
  const kept = found.length > 0 ? found : [candidates.reduce((best, candidate) => (candidate.judged > best.judged ? candidate : best))];
  return kept.map(({ area, tonality, probability }) => ({ area, tonality, probability }));
}

function decideServices(windows: readonly WindowLogits[], thresholds: DecisionThresholds): Verdict['services'] {
  return SERVICES.filter((_, i) => windows.some((window) => sigmoid(window.services[i]!) > thresholds.serviceThreshold));
}

function softmax(logits: Float32Array, temperature: number): number[] {
  const highest = Math.max(...logits);
  return shares(Array.from(logits, (logit) => Math.exp((logit - highest) / temperature)));
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Scaled to a sum of 1; alike where all are 0. */
function shares(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => (sum > 0 ? value / sum : 1 / values.length));
}

/** The mean of several rows. @param weights their sum is 1. */
function mean(rows: readonly (readonly number[])[], weights: readonly number[]): number[] {
  return rows[0]!.map((_, column) => rows.reduce((sum, row, i) => sum + row[column]! * weights[i]!, 0));
}

function indexOfMax(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
