import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, emptyVerdict } from '../../src/classification/decision.js';
import type { WindowLogits } from '../../src/classification/decision.js';
import { AREAS, SERVICES, TONALITIES } from '../../src/classification/labels.js';
import type { DecisionThresholds } from '../../src/classification/tonality-config.js';

const thresholds: DecisionThresholds = {
  temperature: 1,
  areaTemperature: 1,
  areaThreshold: 0.5,
  serviceThreshold: 0.5,
  opinionThreshold: 0.5,
  uncertainBelow: 0.5,
};

const ABSENT = [5, 0, 0, 0];

function window(changes: { tonality?: number[]; areas?: Partial<Record<(typeof AREAS)[number], number[]>>; services?: string[]; opinion?: number; weight?: number }): WindowLogits {
  return {
    weight: changes.weight ?? 10,
    tonality: Float32Array.from(changes.tonality ?? [3, 0, 0]),
    areas: Float32Array.from(AREAS.flatMap((area) => changes.areas?.[area] ?? ABSENT)),
    services: Float32Array.from(SERVICES, (service) => (changes.services?.includes(service) === true ? 3 : -3)),
    opinion: changes.opinion ?? 3,
  };
}

describe('a verdict', () => {
  it('is the most probable tonality, with all three', () => {
    const verdict = decide([window({ tonality: [0, 1, 3] })], thresholds);
    expect(verdict).toMatchObject({ tonality: 'negativ', reason: null, uncertain: false });
    expect(verdict.probabilities!.negativ).toBeCloseTo(0.8438, 3);
    expect(verdict.probabilities!.skeptisk).toBeCloseTo(0.1142, 3);
  });

  it('is uncertain below the threshold, and less sure with a temperature', () => {
    expect(decide([window({ tonality: [1, 0.9, 0.8] })], thresholds)).toMatchObject({ tonality: 'positiv', uncertain: true });
    const cooler = decide([window({})], thresholds).probabilities!.positiv;
    expect(decide([window({})], { ...thresholds, temperature: 2 }).probabilities!.positiv).toBeLessThan(cooler);
  });

  it('is none where nothing is judged, and still says what it would have been', () => {
    const verdict = decide([window({ opinion: -1, areas: { tid: [0, 0, 0, 5] } })], thresholds);
    expect(verdict).toMatchObject({ tonality: null, reason: 'no_opinion', areas: [], services: [], uncertain: false });
    expect(verdict.probabilities!.positiv).toBeGreaterThan(0.8);
  });

  it('has each area that is judged, in order, with its own tonality', () => {
    const verdict = decide([window({ areas: { tid: [0, 0, 0, 4], handlaggare: [0, 3, 0, 0] } })], thresholds);
    expect(verdict.areas.map(({ area, tonality }) => `${area} ${tonality}`)).toEqual(['handlaggare positiv', 'tid negativ']);
    expect(verdict.areas[1]!.probability).toBeCloseTo(Math.exp(4) / (Math.exp(4) + 3), 5);
  });

  it('has the most probable area where none is above the threshold', () => {
    expect(decide([window({ areas: { helhet: [1, 0, 0.5, 0] } })], { ...thresholds, areaThreshold: 0.9 }).areas).toMatchObject([
      { area: 'helhet', tonality: 'skeptisk' },
    ]);
  });

  it('has services only where the services are judged', () => {
    const services = ['omsorg_stod', 'bostad'];
    expect(decide([window({ services, areas: { tid: [0, 0, 0, 5] } })], thresholds).services).toEqual([]);
    expect(decide([window({ services, areas: { kommunala_tjanster: [0, 0, 0, 5] } })], thresholds).services).toEqual(services);
  });
});

describe('a text of several windows', () => {
  it('is judged as a whole: by length, and by how much each judges', () => {
    const negative = window({ tonality: [0, 0, 4], weight: 30 });
    const positive = window({ tonality: [4, 0, 0], weight: 10 });
    expect(decide([positive, negative], thresholds).tonality).toBe('negativ');
    expect(decide([positive, window({ tonality: [0, 0, 4], weight: 30, opinion: -6 })], thresholds).tonality).toBe('positiv');
  });

  it('has the areas and services of all', () => {
    const verdict = decide([window({ areas: { tid: [0, 0, 0, 5] } }), window({ areas: { kommunala_tjanster: [0, 5, 0, 0] }, services: ['bostad'] })], thresholds);
    expect(verdict.areas.map(({ area }) => area)).toEqual(['kommunala_tjanster', 'tid']);
    expect(verdict.services).toEqual(['bostad']);
  });

  it('cut from one gives the same as the one', () => {
    const one = window({ tonality: [1, 2, 0.5], areas: { tid: [0, 1, 2, 0] } });
    const [whole, twice] = [decide([one], thresholds), decide([one, one], thresholds)];
    expect(twice.tonality).toBe(whole.tonality);
    expect(twice.probabilities!.skeptisk).toBeCloseTo(whole.probabilities!.skeptisk, 6);
    expect(twice.areas[0]!.probability).toBeCloseTo(whole.areas[0]!.probability, 6);
  });
});

it('keeps all promises of a verdict, whatever the outputs', () => {
  const logits = (length: number): fc.Arbitrary<Float32Array> =>
    fc.array(fc.float({ min: -60, max: 60, noNaN: true }), { minLength: length, maxLength: length }).map((values) => Float32Array.from(values));
  const windows = fc.array(
    fc.record({ weight: fc.integer({ min: 1, max: 256 }), tonality: logits(3), areas: logits(20), services: logits(9), opinion: fc.float({ min: -60, max: 60, noNaN: true }) }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(windows, (given) => {
      const verdict = decide(given, thresholds);
      const shares = TONALITIES.map((tonality) => verdict.probabilities![tonality]);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      for (const share of shares) expect(share).toBeGreaterThanOrEqual(0);
      expect(verdict.tonality === null).toBe(verdict.reason !== null);
      if (verdict.tonality === null) return;
      expect(verdict.probabilities![verdict.tonality]).toBe(Math.max(...shares));
      expect(verdict.areas.length).toBeGreaterThan(0);
      expect(verdict.areas.map(({ area }) => AREAS.indexOf(area))).toEqual(verdict.areas.map(({ area }) => AREAS.indexOf(area)).toSorted((a, b) => a - b));
      for (const { probability } of verdict.areas) expect(probability).toBeGreaterThanOrEqual(0);
      for (const { probability } of verdict.areas) expect(probability).toBeLessThanOrEqual(1 + 1e-9);
    }),
  );
});

it('an empty verdict has its reason and nothing else', () => {
  expect(emptyVerdict('no_speech')).toEqual({ tonality: null, reason: 'no_speech', probabilities: null, uncertain: false, areas: [], services: [] });
});
