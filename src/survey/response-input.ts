import { AREAS, SERVICES, TONALITIES } from '../classification/labels.js';
import type { TonalityProbabilities } from '../classification/verdict.js';
import { parseMoment } from './calendar.js';
import { MAX_CALL_ID_CHARACTERS } from './call-id.js';
import { municipalityName } from './municipalities.js';
import { PARTICIPATIONS } from './response.js';
import type { AreaLabel, Participation, Rating, StoredVerdict } from './response.js';
import type { Question, Scale, Survey } from './survey.js';

/** The longest comment that is taken: what the engine takes, some 20 minutes of speech. */
export const MAX_TEXT_CHARACTERS = 20_000;
const MAX_NAME_CHARACTERS = 100;
const MAX_PATH_CHARACTERS = 1_000;
/** What a rating can be; see {@link Scale}. */
const SCALE_BOUNDS: Readonly<Record<Scale | 'any', readonly [number, number]>> = { any: [0, 10], '1-5': [1, 5], '1-10': [1, 10], 'yes-no': [0, 1] };
/** More than a survey asks, for files from several surveys. */
const MAX_RATINGS = 20;
/** Every question and unit has counters in every group of the report, so a column of free text in their place must not become some. */
export const MAX_QUESTIONS_KNOWN = 200;
export const MAX_UNITS_KNOWN = 10_000;

/** A response from outside, checked: as docs/import.md tells, with the call id and the words as they came. */
export interface ResponseInput {
  readonly callId: string | null;
  readonly municipality: string;
  readonly unit: string | null;
  readonly contactedAtMs: number;
  readonly answeredAtMs: number | null;
  readonly survey: { readonly id: string; readonly version: number } | null;
  readonly participation: Participation;
  readonly abandonedAt: string | null;
  readonly consent: boolean | null;
  readonly ratings: readonly Rating[];
  readonly comment: CommentInput | null;
}

export interface CommentInput {
  readonly text: string | null;
  readonly recording: string | null;
  /** `null` where the comment is still to be classified. */
  readonly verdict: StoredVerdict | null;
}

/** Why a response is not taken. It names the field and what was expected, and never quotes what came: that may be a citizen's words. */
export class RejectedInput extends Error {
  override readonly name = 'RejectedInput';

  /** Where the fault is, as a JSON Pointer (RFC 6901): `/ratings/bemotande`; empty for the whole. */
  get pointer(): string {
    const [place] = /^[a-z][\w.[\]]*(?=: )/.exec(this.message) ?? [''];
    return place === '' ? '' : `/${place.replaceAll(/[.[]/g, '/').replaceAll(']', '')}`;
  }
}

/** What the fields of a row mean; any other is refused, since a misspelt one would be lost without a word. */
const FIELDS = new Set([
  'id', 'municipality', 'unit', 'contacted_at', 'answered_at', 'survey', 'survey_version', 'status', 'abandoned_at', 'consent', 'ratings',
  'text', 'recording', 'tonality', 'reason', 'probabilities', 'uncertain', 'areas', 'services', 'confidence', 'model',
]);

type Fields = Readonly<Record<string, unknown>>;

/** Reads responses from outside. One reader serves one file or one server: it remembers which questions and units it has met. */
export class ResponseReader {
  readonly #questions: ReadonlyMap<string, Question> | undefined;
  readonly #questionsSeen = new Set<string>();
  readonly #unitsSeen = new Set<string>();

  /** @param survey where it is known, ratings are checked against its questions and scales. */
  constructor(survey?: Survey) {
    this.#questions = survey === undefined ? undefined : new Map(survey.questions.map((question) => [question.id, question]));
  }

  /** @throws RejectedInput */
  read(value: unknown): ResponseInput {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RejectedInput('expected an object with the fields of a response');
    const fields = value as Fields;
    for (const name of Object.keys(fields)) {
      if (!FIELDS.has(name)) throw new RejectedInput(`expected only the fields of docs/import.md, got ${safeName(name)}`);
    }
    const ratings = this.#ratings(fields['ratings']);
    const comment = readComment(fields);
    const consent = flag('consent', fields['consent']);
    if (consent === false && comment !== null) throw new RejectedInput('consent: expected no comment where consent was not given');
    const participation = oneOf('status', fields['status'], PARTICIPATIONS) ?? (ratings.length > 0 || comment !== null ? 'completed' : 'no_answer');
    const abandonedAt = shortText('abandoned_at', fields['abandoned_at'], MAX_NAME_CHARACTERS);
    if (abandonedAt !== null && participation !== 'abandoned') throw new RejectedInput("abandoned_at: expected only where status is 'abandoned'");
    if (abandonedAt !== null && abandonedAt !== 'comment') this.#checkQuestion('abandoned_at', abandonedAt);
    return {
      callId: readCallId(fields['id']),
      municipality: readMunicipality(fields['municipality']),
      unit: this.#unit(fields['unit']),
      contactedAtMs: moment('contacted_at', fields['contacted_at']) ?? missing('contacted_at', 'a moment like 2018-03-05T10:12:00+01:00'),
      answeredAtMs: moment('answered_at', fields['answered_at']),
      survey: readSurvey(fields),
      participation,
      abandonedAt,
      consent,
      ratings,
      comment,
    };
  }

  #unit(value: unknown): string | null {
    const unit = shortText('unit', value, MAX_NAME_CHARACTERS);
    if (unit !== null) remember(this.#unitsSeen, unit, MAX_UNITS_KNOWN, `unit: expected at most ${MAX_UNITS_KNOWN} different ones`);
    return unit;
  }

  #ratings(value: unknown): readonly Rating[] {
    if (isEmpty(value)) return [];
    if (typeof value !== 'object' || Array.isArray(value)) throw new RejectedInput('ratings: expected an object of question ids and keys');
    const entries = Object.entries(value as Fields).filter(([, key]) => !isEmpty(key));
    if (entries.length > MAX_RATINGS) throw new RejectedInput(`ratings: expected at most ${MAX_RATINGS}, got ${entries.length}`);
    return entries.map(([question, value]) => {
      const scale = this.#checkQuestion('ratings', question)?.scale ?? 'any';
      const [lowest, highest] = SCALE_BOUNDS[scale];
      if (typeof value !== 'number' || !Number.isInteger(value) || value < lowest || value > highest) {
        throw new RejectedInput(`ratings.${question}: expected a whole number from ${lowest} to ${highest}`);
      }
      return { question, value };
    });
  }

  #checkQuestion(place: string, id: string): Question | undefined {
    if (!/^[a-z][a-z0-9_]{0,49}$/.test(id)) {
      throw new RejectedInput(`${place}: expected a question id of lower-case letters a-z, digits and underscores, a letter first, at most 50`);
    }
    if (this.#questions === undefined) {
      remember(this.#questionsSeen, id, MAX_QUESTIONS_KNOWN, `${place}: expected at most ${MAX_QUESTIONS_KNOWN} different questions`);
      return undefined;
    }
    const question = this.#questions.get(id);
    if (question === undefined) throw new RejectedInput(`${place}: expected a question of the survey`);
    return question;
  }
}

function remember(seen: Set<string>, name: string, limit: number, message: string): void {
  if (seen.has(name)) return;
  if (seen.size >= limit) throw new RejectedInput(message);
  seen.add(name);
}

function readComment(fields: Fields): CommentInput | null {
  const text = fields['text'];
  if (!isEmpty(text) && typeof text !== 'string') throw new RejectedInput('text: expected text');
  if (typeof text === 'string' && text.length > MAX_TEXT_CHARACTERS) {
    throw new RejectedInput(`text: expected at most ${MAX_TEXT_CHARACTERS} characters, got ${text.length}`);
  }
  const words = typeof text === 'string' ? text.replace(UNPRINTABLE_IN_TEXT, ' ').trim() || null : null;
  const recording = shortText('recording', fields['recording'], MAX_PATH_CHARACTERS);
  const verdict = readVerdict(fields);
  return words === null && recording === null && verdict === null ? null : { text: words, recording, verdict };
}

function readVerdict(fields: Fields): StoredVerdict | null {
  if (fields['tonality'] === undefined) {
    for (const name of ['reason', 'probabilities', 'uncertain', 'areas', 'services', 'confidence', 'model']) {
      if (!isEmpty(fields[name]) && !isEmptyList(fields[name])) throw new RejectedInput(`${name}: expected only beside a tonality`);
    }
    return null;
  }
  if (fields['tonality'] === '') missing('tonality', `one of ${TONALITIES.join(', ')}, or null`);
  const tonality = oneOf('tonality', fields['tonality'], TONALITIES);
  const reason = oneOf('reason', fields['reason'], ['no_opinion', 'no_speech', 'no_text'] as const);
  if (tonality !== null && reason !== null) throw new RejectedInput('reason: expected only where tonality is null');
  const areas = readAreas(fields['areas']);
  const services = SERVICES.filter(contains('services', fields['services'], SERVICES));
  if (tonality === null && areas.length > 0) throw new RejectedInput('areas: expected none where tonality is null');
  if (services.length > 0 && !areas.some(({ area }) => area === 'kommunala_tjanster')) {
    throw new RejectedInput("services: expected the area 'kommunala_tjanster' beside them");
  }
  return {
    tonality,
    reason: tonality === null ? (reason ?? 'no_opinion') : null,
    areas,
    services,
    probabilities: readProbabilities(fields['probabilities']),
    uncertain: flag('uncertain', fields['uncertain']) ?? false,
    confidence: probability('confidence', fields['confidence']),
    model: shortText('model', fields['model'], MAX_NAME_CHARACTERS),
  };
}

function readAreas(value: unknown): readonly AreaLabel[] {
  if (isEmpty(value)) return [];
  if (!Array.isArray(value)) throw new RejectedInput('areas: expected a list');
  const found = (value as unknown[]).map((entry, index): AreaLabel => {
    const place = `areas[${index}]`;
    if (typeof entry !== 'object' || entry === null) throw new RejectedInput(`${place}: expected an object with area and tonality`);
    const { area, tonality, probability: certainty, ...more } = entry as Fields;
    if (Object.keys(more).length > 0) throw new RejectedInput(`${place}: expected only area, tonality and probability`);
    return {
      area: oneOf(`${place}.area`, area, AREAS) ?? missing(`${place}.area`, 'an area'),
      tonality: oneOf(`${place}.tonality`, tonality, TONALITIES) ?? missing(`${place}.tonality`, 'a tonality'),
      probability: probability(`${place}.probability`, certainty),
    };
  });
  const inOrder = AREAS.flatMap((area) => found.filter((label) => label.area === area));
  if (new Set(found.map(({ area }) => area)).size < found.length) throw new RejectedInput('areas: expected each area at most once');
  return inOrder;
}

function readProbabilities(value: unknown): TonalityProbabilities | null {
  if (isEmpty(value)) return null;
  if (typeof value !== 'object') throw new RejectedInput('probabilities: expected an object with a number for each tonality');
  const { positiv, skeptisk, negativ, ...more } = value as Fields;
  if (Object.keys(more).length > 0) throw new RejectedInput('probabilities: expected only positiv, skeptisk and negativ');
  const read = (name: string, given: unknown): number => probability(`probabilities.${name}`, given) ?? missing(`probabilities.${name}`, 'a number from 0 to 1');
  return { positiv: read('positiv', positiv), skeptisk: read('skeptisk', skeptisk), negativ: read('negativ', negativ) };
}

function readSurvey(fields: Fields): ResponseInput['survey'] {
  const id = shortText('survey', fields['survey'], MAX_NAME_CHARACTERS);
  const version = fields['survey_version'];
  if (id === null) {
    if (!isEmpty(version)) throw new RejectedInput('survey_version: expected only beside survey');
    return null;
  }
  const number = isEmpty(version) ? 1 : wholeNumber('survey_version', version);
  if (number < 1 || number > 1_000_000) throw new RejectedInput('survey_version: expected a whole number from 1');
  return { id, version: number };
}

function readCallId(value: unknown): string | null {
  const id = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  return shortText('id', id, MAX_CALL_ID_CHARACTERS);
}

/** Spreadsheets take the zero from the front of a code. */
function readMunicipality(value: unknown): string {
  const code = typeof value === 'number' || typeof value === 'string' ? String(value).trim().padStart(4, '0') : '';
  if (municipalityName(code) === undefined) throw new RejectedInput("municipality: expected a municipality's four-digit code");
  return code;
}

function moment(name: string, value: unknown): number | null {
  if (isEmpty(value)) return null;
  const ms = typeof value === 'string' ? parseMoment(value.trim()) : undefined;
  return ms ?? missing(name, 'a moment like 2018-03-05T10:12:00+01:00');
}

function flag(name: string, value: unknown): boolean | null {
  if (isEmpty(value)) return null;
  return typeof value === 'boolean' ? value : missing(name, 'true or false');
}

function probability(name: string, value: unknown): number | null {
  if (isEmpty(value)) return null;
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : missing(name, 'a number from 0 to 1');
}

function wholeNumber(name: string, value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : missing(name, 'a whole number');
}

function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T | null {
  if (isEmpty(value)) return null;
  return allowed.find((one) => one === value) ?? missing(name, `one of ${allowed.join(', ')}`);
}

function contains<T extends string>(name: string, value: unknown, allowed: readonly T[]): (one: T) => boolean {
  if (isEmpty(value)) return () => false;
  if (!Array.isArray(value)) throw new RejectedInput(`${name}: expected a list`);
  const chosen = new Set((value as unknown[]).map((entry, index) => oneOf(`${name}[${index}]`, entry, allowed)));
  return (one) => chosen.has(one);
}

/** Control characters and halves of characters, neither of which databases keep. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;
const UNPRINTABLE_IN_TEXT = /[^\P{Cc}\n\t]|\p{Cs}/gu;

/** A name or path: trimmed, on one line. */
function shortText(name: string, value: unknown, limit: number): string | null {
  if (isEmpty(value)) return null;
  if (typeof value !== 'string') throw new RejectedInput(`${name}: expected text`);
  const text = value.trim();
  if (text === '') return null;
  if (text.length > limit) throw new RejectedInput(`${name}: expected at most ${limit} characters, got ${text.length}`);
  if (UNPRINTABLE.test(text)) throw new RejectedInput(`${name}: expected text without control characters`);
  return text;
}

function isEmpty(value: unknown): value is null | undefined | '' {
  return value === null || value === undefined || value === '';
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function missing(name: string, expected: string): never {
  throw new RejectedInput(`${name}: expected ${expected}`);
}

/** A field's name helps to find the mistake, as long as it looks like one. */
function safeName(name: string): string {
  return /^[\w.-]{1,50}$/.test(name) ? name : 'another one';
}
