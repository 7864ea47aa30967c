import fc from 'fast-check';
import { AREAS, SERVICES, TONALITIES } from '../../src/classification/labels.js';
import type { RedactedText } from '../../src/redaction/redacted-text.js';
import { PARTICIPATIONS } from '../../src/survey/response.js';
import type { Comment, Correction, Labels, StoredVerdict } from '../../src/survey/response.js';
import type { NewResponse } from '../../src/survey/store.js';

/** A response that tells what matters to a test, and is plain otherwise. */
export function response(id: string, change: Partial<NewResponse> = {}): NewResponse {
  return {
    id,
    digest: `digest of ${id}`,
    municipality: '0180',
    unit: null,
    contactedAt: new Date('2020-03-05T09:12:00Z'),
    answeredAt: null,
    survey: null,
    participation: 'completed',
    abandonedAt: null,
    consent: null,
    ratings: [],
    comment: null,
    ...change,
  };
}

export function verdict(change: Partial<StoredVerdict> = {}): StoredVerdict {
  return { tonality: 'positiv', reason: null, areas: [], services: [], probabilities: null, uncertain: false, confidence: null, model: null, ...change };
}

export function classified(change: Partial<StoredVerdict> = {}): Comment {
  return { state: 'classified', recording: null, text: null, verdict: verdict(change) };
}

/** Tests hand in text that holds nobody's name. */
export function redacted(text: string): RedactedText {
  return text as RedactedText;
}

const probability = fc.integer({ min: 0, max: 10_000 }).map((value) => value / 10_000);

export const someLabels: fc.Arbitrary<Labels> = fc.oneof(
  fc.constant({ tonality: null, areas: [], services: [] }),
  fc.record({
    tonality: fc.constantFrom(...TONALITIES),
    areas: fc.subarray([...AREAS]).chain((areas) =>
      fc.tuple(...areas.map((area) => fc.record({ area: fc.constant(area), tonality: fc.constantFrom(...TONALITIES), probability: fc.option(probability) }))),
    ),
    services: fc.subarray([...SERVICES]),
  }).map((labels): Labels => ({ ...labels, services: labels.areas.some(({ area }) => area === 'kommunala_tjanster') ? labels.services : [] })),
);

export const someVerdict: fc.Arbitrary<StoredVerdict> = fc
  .record({
    labels: someLabels,
    reason: fc.constantFrom('no_opinion' as const, 'no_speech' as const, 'no_text' as const),
    probabilities: fc.option(fc.record({ positiv: probability, skeptisk: probability, negativ: probability })),
    uncertain: fc.boolean(),
    confidence: fc.option(probability),
    model: fc.option(fc.constant('tonality 1.0.0')),
  })
  .map(({ labels, reason, ...rest }) => ({ ...labels, ...rest, reason: labels.tonality === null ? reason : null }));

export const someCorrection: fc.Arbitrary<Correction> = fc
  .record({ labels: someLabels, by: fc.constantFrom('anna', 'bo'), at: fc.date({ min: new Date('2021-01-01'), max: new Date('2022-01-01'), noInvalidDate: true }) })
  .map(({ labels, by, at }) => ({ ...labels, by, at }));

const someComment: fc.Arbitrary<Comment> = fc
  .record({
    verdict: fc.option(someVerdict),
    failed: fc.boolean(),
    recording: fc.option(fc.constant('calls/1.wav')),
    text: fc.option(fc.string({ unit: 'grapheme', maxLength: 30 }).map(redacted)),
  })
  .map(({ verdict, failed, recording, text }) => ({ recording, text, verdict, state: verdict !== null ? 'classified' : failed ? 'failed' : 'pending' }));

/** Few places and days, so that many responses meet in one group; the ends of months, years and summer time are among them. */
export const someResponse: fc.Arbitrary<Omit<NewResponse, 'id' | 'digest'>> = fc
  .record({
    municipality: fc.constantFrom('0180', '1480', '2584'),
    unit: fc.constantFrom(null, 'Kontaktcenter', 'Växel "Ö"'),
    contactedAt: fc.oneof(
      fc.constantFrom('2019-12-31T22:59:59Z', '2019-12-31T23:00:00Z', '2020-02-29T12:00:00Z', '2020-03-29T01:00:00Z', '2020-03-31T21:59:59Z', '2020-03-31T22:00:00Z').map((at) => new Date(at)),
      fc.date({ min: new Date('2019-11-01'), max: new Date('2020-06-30'), noInvalidDate: true }),
    ),
    answeredAt: fc.option(fc.date({ min: new Date('2020-01-01'), max: new Date('2020-06-30'), noInvalidDate: true })),
    survey: fc.option(fc.record({ id: fc.constant('medborgarpulsen'), version: fc.integer({ min: 1, max: 3 }) })),
    participation: fc.constantFrom(...PARTICIPATIONS),
    abandonedAt: fc.option(fc.constantFrom('bemotande', 'comment')),
    consent: fc.option(fc.boolean()),
    ratings: fc.uniqueArray(fc.record({ question: fc.constantFrom('bemotande', 'vantetid', 'helhet'), value: fc.integer({ min: 0, max: 10 }) }), { selector: ({ question }) => question }),
    comment: fc.option(someComment),
  })
  .map((made) => ({ ...made, abandonedAt: made.participation === 'abandoned' ? made.abandonedAt : null }));
