import { z } from 'zod';
import { AREAS } from '../classification/labels.js';
import type { Area } from '../classification/labels.js';
import type { Checked } from './checked-file.js';
import { faultsIn } from './schema-faults.js';

/** A spoken line: what it says, and the recording that is played where there is one (a path relative to the survey file). */
export interface Prompt {
  readonly text: string;
  readonly audio?: string | undefined;
}

export const SCALES = ['1-5', '1-10', 'yes-no'] as const;
/**
 * The keys that answer a question, and what they mean.
 * - `1-5`: the key is the rating.
 * - `1-10`: the key is the rating, and 0 is 10.
 * - `yes-no`: 1 is yes (stored as 1), 2 is no (stored as 0).
 */
export type Scale = (typeof SCALES)[number];

export interface Question extends Prompt {
  /** Unique in the survey, and for ever: answers are kept under it, so a changed scale or meaning is a new id. */
  readonly id: string;
  readonly scale: Scale;
  /** What the question measures; the report shows it beside the comments about the same area. */
  readonly area: Area;
}

export interface SpokenCommentQuestion extends Prompt {
  /** Where the recording ends even if the citizen still speaks, in seconds. */
  readonly maxDurationS: number;
}

/** What a citizen is asked after a contact. */
export interface Survey {
  /** The layout of the file. */
  readonly format: 1;
  readonly id: string;
  /** Raised with every change that a citizen would notice. */
  readonly version: number;
  readonly language: 'sv';
  readonly title: string;
  readonly prompts: {
    readonly intro: Prompt;
    /** Asks whether the citizen takes part and agrees to the recording: 1 is yes, 2 is no. */
    readonly consent: Prompt;
    readonly thanks: Prompt;
    /** Said to who does not take part; `thanks` where it is left out. */
    readonly declined?: Prompt | undefined;
    /** Said after a key that answers nothing, before the question is repeated. */
    readonly retry?: Prompt | undefined;
  };
  /** From {@link MIN_QUESTIONS} to {@link MAX_QUESTIONS}. */
  readonly questions: readonly Question[];
  readonly comment?: SpokenCommentQuestion | undefined;
}

/** The survey that this serves asks 5 to 8 questions: fewer do not cover the areas, more are not answered to the end. */
export const MIN_QUESTIONS = 5;
export const MAX_QUESTIONS = 8;

/** A spoken line of more than this many characters takes over a minute to say. */
const MAX_PROMPT_CHARACTERS = 1_000;

const prompt = {
  text: z.string().trim().min(1).max(MAX_PROMPT_CHARACTERS).describe('What is said, in Swedish.'),
  audio: z.string().min(1).max(500).optional().describe('A recording of the text, relative to this file.'),
};
const id = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,49}$/)
  .describe('Lower-case letters a-z, digits and underscores, a letter first; at most 50.');

const surveySchema: z.ZodType<Survey> = z
  .strictObject({
    format: z.literal(1).describe('The layout of this file.'),
    id,
    version: z.int().min(1).max(1_000_000).describe('Raised with every change that a citizen would notice.'),
    language: z.literal('sv'),
    title: z.string().trim().min(1).max(200),
    prompts: z.strictObject({
      intro: z.strictObject(prompt),
      consent: z.strictObject(prompt).describe('Asks for consent: key 1 is yes, key 2 is no.'),
      thanks: z.strictObject(prompt),
      declined: z.strictObject(prompt).optional().describe('Said to who does not take part.'),
      retry: z.strictObject(prompt).optional().describe('Said after a key that answers nothing.'),
    }),
    questions: z
      .array(
        z.strictObject({
          id: id.describe('Unique for ever: a changed scale or meaning is a new id. Not "comment".'),
          ...prompt,
          scale: z.enum(SCALES).describe('1-10: key 0 is 10. yes-no: key 1 is yes, key 2 is no.'),
          area: z.enum(AREAS),
        }),
      )
      .min(MIN_QUESTIONS)
      .max(MAX_QUESTIONS),
    comment: z
      .strictObject({ ...prompt, maxDurationS: z.number().min(5).max(600).describe('Seconds.') })
      .optional()
      .describe('The spoken comment at the end; without it none is asked for.'),
  })
  .superRefine((survey, context) => {
    const seen = new Set(['comment']);
    survey.questions.forEach((question, index) => {
      if (seen.has(question.id)) {
        const message = question.id === 'comment' ? "another id than 'comment', which names the spoken comment" : 'an id that no question above has';
        context.addIssue({ code: 'custom', path: ['questions', index, 'id'], message });
      }
      seen.add(question.id);
    });
  });

/** Checks a value that was read from a file. */
export function checkSurvey(value: unknown): Checked<Survey> {
  const result = surveySchema.safeParse(value);
  if (result.success) return { kind: 'value', value: result.data };
  return faultsIn(result.error);
}

/** The published schema of a survey file (JSON Schema, draft 2020-12); uniqueness of ids is beyond what it can say. */
export function surveyJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(surveySchema, { io: 'input' });
}
