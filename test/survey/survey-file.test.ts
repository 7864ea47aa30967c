import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { AREAS } from '../../src/classification/labels.js';
import { parseChecked } from '../../src/survey/checked-file.js';
import type { Problem, Reading } from '../../src/survey/checked-file.js';
import { SURVEY_FILE, readSurveyFile } from '../../src/survey/survey-file.js';
import { surveyJsonSchema } from '../../src/survey/survey.js';
import type { Survey } from '../../src/survey/survey.js';

const SAMPLE = new URL('../../samples/survey.sv.yaml', import.meta.url);
const sample = await readFile(SAMPLE, 'utf8');

function parseSurvey(text: string): Reading<Survey> {
  return parseChecked(text, SURVEY_FILE);
}

function problems(text: string): readonly Problem[] {
  const reading = parseSurvey(text);
  return reading.kind === 'problems' ? reading.problems : [];
}

/** The sample with one line changed, and that line's number. */
function withLine(from: string, to: string): { text: string; line: number } {
  const lines = sample.split('\n');
  const index = lines.findIndex((line) => line.includes(from));
  expect(index, `the sample holds '${from}'`).toBeGreaterThanOrEqual(0);
  lines[index] = lines[index]!.replace(from, to);
  return { text: lines.join('\n'), line: index + 1 };
}

describe('the sample survey', () => {
  it('is complete: every area is asked about, and a comment ends it', () => {
    const reading = parseSurvey(sample);
    if (reading.kind === 'problems') throw new Error(JSON.stringify(reading.problems));
    const { questions, comment, prompts } = reading.value;
    expect(questions).toHaveLength(7);
    expect(new Set(questions.map(({ area }) => area))).toEqual(new Set(AREAS));
    expect(comment?.maxDurationS).toBe(120);
    expect(prompts.consent.text).toContain('frivilligt');
    // Folded lines become one, as they are said.
    expect(prompts.intro.text).not.toContain('\n');
  });

  it('reads the same from JSON', () => {
    expect(parseSurvey(JSON.stringify(parse(sample), null, 2))).toEqual(parseSurvey(sample));
  });
});

describe('a survey with a fault', () => {
  it.each([
    ['scale: 1-5', 'scale: 1-7', 12, 'questions[0].scale: expected "1-5", "1-10" or "yes-no", got "1-7"'],
    ['area: tid', 'area: tider', 11, 'questions[2].area: expected "handlaggare", "digitala_tjanster", "kommunala_tjanster", "tid" or "helhet", got "tider"'],
    ['version: 1', 'version: ett', 10, 'version: expected a number, got "ett"'],
    ['version: 1', 'version: 1.5', 10, 'version: expected a whole number, got 1.5'],
    ['version: 1', 'version: 0', 10, 'version: expected at least 1, got 0'],
    ['maxDurationS: 120', 'maxDurationS: 1200', 17, 'comment.maxDurationS: expected at most 600, got 1200'],
    ['maxDurationS: 120', 'maxDuration: 120', 3, 'comment.maxDuration: expected only the fields of the schema, got another one. Correct its spelling or take it out'],
    ['id: kunskap', 'id: Kunskap', 9, 'questions[1].id: expected an id of lower-case letters a-z, digits and underscores, a letter first, at most 50 characters, got "Kunskap"'],
    ['id: kunskap', 'id: bemotande', 9, 'questions[1].id: expected an id that no question above has, got "bemotande"'],
    ['id: kunskap', 'id: comment', 9, "questions[1].id: expected another id than 'comment', which names the spoken comment, got \"comment\""],
    ['language: sv', 'language:', 10, 'language: expected "sv", got an empty value'],
  ])('%s -> %s is told with line and column', (from, to, column, message) => {
    const { text, line } = withLine(from, to);
    expect(problems(text)).toContainEqual({ line, column, message });
  });

  it('tells of a missing field where it should be', () => {
    const { text, line } = withLine('    scale: 1-5', '    # no scale');
    expect(problems(text)).toEqual([
      { line: line - 4, column: 5, message: 'questions[0].scale: expected "1-5", "1-10" or "yes-no", got nothing' },
    ]);
  });

  it('tells of too few and too many questions', () => {
    const survey = parse(sample) as { questions: { id: string }[] };
    const of = (count: number): string =>
      stringify({ ...survey, questions: Array.from({ length: count }, (_, index) => ({ ...survey.questions[0], id: `q${index}` })) });
    expect(problems(of(5))).toEqual([]);
    expect(problems(of(8))).toEqual([]);
    expect(problems(of(4))[0]?.message).toBe('questions: expected at least 5 questions, got a list of 4');
    expect(problems(of(9))[0]?.message).toBe('questions: expected at most 8 questions, got a list of 9');
  });

  it('tells all faults, in the order of the file', () => {
    const text = withLine('area: tid', 'area: tider').text.replace('version: 1', 'version: ett');
    expect(problems(text).map(({ line }) => line)).toEqual([6, withLine('area: tid', '').line]);
  });

  it.each([
    ['', 1, 1, 'expected a mapping of fields, got an empty value'],
    ['[]', 1, 1, 'expected a mapping of fields, got a list of 0'],
    ['a: 1\na: 2\n', 2, 1, 'not YAML or JSON: Map keys must be unique'],
    ['{"format": 1,', 1, 14, 'not YAML or JSON: '],
  ])('%j is no survey', (text, line, column, message) => {
    const [first] = problems(text);
    expect(first).toMatchObject({ line, column });
    expect(first?.message).toContain(message);
  });

  it('cannot unfold to more than it says', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]', ...'bcdefghij'.split('').map((key, index) => {
      const before = 'abcdefghij'[index];
      return `${key}: &${key} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`;
    })].join('\n');
    expect(problems(bomb)[0]?.message).toBe('expected at most 50 uses of YAML aliases, got more');
  });

  it('is always told as problems inside the file, whatever is changed', () => {
    fc.assert(
      fc.property(fc.nat({ max: sample.length }), fc.nat({ max: 40 }), fc.string({ maxLength: 8 }), (at, cut, put) => {
        const text = sample.slice(0, at) + put + sample.slice(at + cut);
        const lines = text.split('\n').length;
        for (const { line, column } of problems(text)) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('readSurveyFile', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tonalitet-survey-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('names file, line and column', async () => {
    const path = join(folder, 'survey.yaml');
    await writeFile(path, withLine('scale: 1-5', 'scale: 1-7').text);
    await expect(readSurveyFile(path)).rejects.toMatchObject({
      code: 'SURVEY_INVALID',
      message: expect.stringMatching(/survey\.yaml:\d+:12: questions\[0\]\.scale: expected /),
    });
  });

  it('tells of a file that is missing, no file, too large, or not UTF-8', async () => {
    await expect(readSurveyFile(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(readSurveyFile(folder)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    const path = join(folder, 'large.yaml');
    await writeFile(path, Buffer.alloc(1_048_577, '#'));
    await expect(readSurveyFile(path)).rejects.toMatchObject({ code: 'SURVEY_INVALID', message: expect.stringContaining('1048577') });
    await writeFile(path, Buffer.from([0x74, 0xe5, 0x0a]));
    await expect(readSurveyFile(path)).rejects.toMatchObject({ code: 'SURVEY_INVALID', message: expect.stringContaining('UTF-8') });
  });
});

describe('the published schema', () => {
  it('is the one that files are checked with', async () => {
    const published: unknown = JSON.parse(await readFile(new URL('../../docs/survey.schema.json', import.meta.url), 'utf8'));
    expect(published).toEqual(JSON.parse(JSON.stringify(surveyJsonSchema())));
  });
});
