import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyVerdict } from '../src/classification/decision.js';
import { errorJson, recordingJson, verdictJson } from '../src/comment-json.js';
import { TonalitetError } from '../src/errors.js';
import { positive } from './fake-engine.js';

describe('results as JSON', () => {
  it('have the documented fields, in snake_case', () => {
    const models = { speech: { name: 's', version: '1' }, tonality: { name: 't', version: '2' } };
    const segments = [{ start: 0.12345, end: 1.9999, text: 'Hej.', confidence: 0.98765 }];
    const digits = [{ digit: '#', startS: 0.50049, durationS: 0.1 }];
    const diagnostics = { stretches: 3, decodedAgain: 2, searched: 1, drawn: 1, doubtful: 1, creditsDropped: 0 };
    const timings = { decodeS: 0.1, vadS: 0.2, transcribeS: 0.3, classifyS: 0.4, totalS: 1.00049 };
    expect(recordingJson({ ...positive, durationS: 2.00004, text: 'Hej.', segments, models, timings, digits, diagnostics })).toEqual({
      duration_s: 2,
      text: 'Hej.',
      segments: [{ start: 0.123, end: 2, text: 'Hej.', confidence: 0.988 }],
      tonality: 'positiv',
      reason: null,
      probabilities: { positiv: 0.9, skeptisk: 0.07, negativ: 0.03 },
      uncertain: false,
      areas: [{ area: 'handlaggare', tonality: 'positiv', probability: 0.8 }],
      services: [],
      digits: [{ digit: '#', start: 0.5, duration: 0.1 }],
      model: models,
      timings: { decode_s: 0.1, vad_s: 0.2, transcribe_s: 0.3, classify_s: 0.4, total_s: 1 },
      diagnostics: { stretches: 3, decoded_again: 2, searched: 1, drawn: 1, doubtful: 1, credits_dropped: 0 },
    });
    expect(verdictJson(emptyVerdict('no_text'))).toMatchObject({ tonality: null, reason: 'no_text', probabilities: null });
  });

  it('have probabilities that still sum to one, the largest still the largest', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-9, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }), (raw) => {
        const sum = raw.reduce((total, value) => total + value, 0);
        const [positiv, skeptisk, negativ] = raw.map((value) => value / sum) as [number, number, number];
        const rounded = verdictJson({ ...positive, probabilities: { positiv, skeptisk, negativ } }).probabilities!;
        expect(rounded.positiv + rounded.skeptisk + rounded.negativ).toBeCloseTo(1, 12);
        for (const [exact, shown] of [[positiv, rounded.positiv], [skeptisk, rounded.skeptisk], [negativ, rounded.negativ]] as const) {
          expect(Math.abs(exact - shown)).toBeLessThanOrEqual(0.0015);
        }
      }),
    );
  });

  it('show the code and message of our errors, and nothing of others', () => {
    expect(errorJson(new TonalitetError('TEXT_LIMIT', 'too long'))).toEqual({ error: { code: 'TEXT_LIMIT', message: 'too long' } });
    expect(JSON.stringify(errorJson(new Error('hemlig mening')))).not.toContain('hemlig');
  });
});
