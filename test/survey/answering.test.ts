import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answersOf, ratingOfKey } from '../../src/survey/answering.js';
import type { AnsweredCall } from '../../src/survey/answering.js';
import { readSurveyFile } from '../../src/survey/survey-file.js';
import { SCALES } from '../../src/survey/survey.js';

const survey = await readSurveyFile(new URL('../../samples/survey.sv.yaml', import.meta.url).pathname);
const ids = survey.questions.map(({ id }) => id);

function call(digits: string, more: Partial<AnsweredCall> = {}): AnsweredCall {
  return { digits: [...digits], consent: null, ratings: [], spoke: false, ...more };
}

describe('the answers of a call', () => {
  it('reads consent and then a question after the other, each on its scale', () => {
    expect(answersOf(survey, call('15432250'))).toEqual({
      participation: 'completed',
      abandonedAt: null,
      consent: true,
      // The fourth question is yes or no: 2 is no. The last goes to ten: 0 is ten.
      ratings: ids.map((question, i) => ({ question, value: [5, 4, 3, 0, 2, 5, 10][i] })),
    });
  });

  it('asks again after a key that answers nothing, and passes over with * and #', () => {
    const { ratings, participation } = answersOf(survey, call('9181' + '75' + '*' + '#' + '1'));
    expect(participation).toBe('abandoned');
    expect(ratings).toEqual([
      { question: ids[0], value: 1 },
      { question: ids[1], value: 5 },
      { question: ids[4], value: 1 },
    ]);
  });

  it.each([
    ['nothing was pressed', call(''), 'declined', null, null],
    ['no was pressed', call('2'), 'declined', null, false],
    ['no was pressed, and yet spoken', call('2', { spoke: true }), 'declined', null, false],
    ['the system heard a no', call('15', { consent: false }), 'declined', null, false],
    ['only yes was pressed', call('1'), 'abandoned', 'bemotande', true],
    ['two questions were answered', call('143'), 'abandoned', 'vantetid', true],
    ['two questions were answered and a comment given', call('143', { spoke: true }), 'completed', null, true],
    ['only a comment was given', call('', { spoke: true }), 'completed', null, null],
  ] as const)('knows how far a citizen came where %s', (_, given, participation, abandonedAt, consent) => {
    expect(answersOf(survey, given)).toMatchObject({ participation, abandonedAt, consent });
  });

  it('takes what the telephony system took itself for what it is', () => {
    const ratings = [
      { question: 'bemotande', value: 4 },
      { question: 'vantetid', value: 2 },
    ];
    expect(answersOf(survey, call('55', { consent: true, ratings }))).toEqual({ participation: 'abandoned', abandonedAt: 'svar_direkt', consent: true, ratings });
    // With consent alone, the first key answers the first question.
    expect(answersOf(survey, call('5', { consent: true })).ratings).toEqual([{ question: 'bemotande', value: 5 }]);
  });

  it('gives ratings of the survey only, in its order, each within its scale, whatever is pressed', () => {
    const keys = fc.array(fc.constantFrom(...'0123456789*#ABCD'), { maxLength: 40 });
    fc.assert(
      fc.property(keys, fc.boolean(), fc.constantFrom(null, true, false), (digits, spoke, consent) => {
        const answers = answersOf(survey, { digits, spoke, consent, ratings: [] });
        const places = answers.ratings.map(({ question }) => ids.indexOf(question));
        expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b));
        for (const { question, value } of answers.ratings) {
          const { scale } = survey.questions.find(({ id }) => id === question)!;
          expect([...'0123456789'].map((key) => ratingOfKey(scale, key))).toContain(value);
        }
        if (answers.participation === 'declined') expect(answers.ratings).toEqual([]);
        if (answers.consent === false) expect(answers.participation).toBe('declined');
        expect(answers.abandonedAt === null).toBe(answers.participation !== 'abandoned');
      }),
    );
  });

  it('has a value for some keys of each scale, and for none that is no digit', () => {
    for (const scale of SCALES) {
      expect([...'0123456789'].some((key) => ratingOfKey(scale, key) !== undefined)).toBe(true);
      for (const key of ['*', '#', 'A', '', '10', '٣']) expect(ratingOfKey(scale, key)).toBeUndefined();
    }
  });
});
