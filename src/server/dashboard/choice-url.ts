import { AREAS, SERVICES, TONALITIES } from '../../classification/labels.js';
import type { Area, Service, Tonality } from '../../classification/labels.js';
import { MAX_COMPARED } from '../../report/build-view.js';
import type { ViewChoice } from '../../report/build-view.js';
import { parseDay } from '../../survey/calendar.js';
import { PERIODS } from '../../survey/store-queries.js';
import type { Day, Period } from '../../survey/store-queries.js';
import { MAX_SEARCH_CHARACTERS } from '../../survey/search-terms.js';
import { FaultError } from '../fault.js';

export const VIEW_PATH = '/rapport';
export const QUOTES_PATH = '/rapport/kommentarer';

/** How a unit without a name is written: an empty value means that none is chosen. */
export const NO_UNIT = '-';

/** A unit's name, as the import takes it. */
const MAX_UNIT_CHARACTERS = 200;

/** Which comments somebody reads. */
export interface QuoteChoice {
  readonly from?: Day;
  readonly to?: Day;
  readonly municipalities: readonly string[];
  readonly unit?: string | null;
  readonly area?: Area;
  readonly service?: Service;
  /** `none`: comments that judge nothing. */
  readonly tonality?: Tonality | 'none';
  readonly uncertain: boolean;
  readonly search?: string;
  /** Where the page begins: `next` of the one before. */
  readonly after?: string;
}

/** @throws FaultError `bad_message` that names the parameter; its value is not repeated. */
export function readViewChoice(query: URLSearchParams): ViewChoice {
  const period = one(query, 'period', PERIODS) ?? 'year';
  const [before, after] = [period, period].map((grain, index) => periodLabel(query, index === 0 ? 'before' : 'after', grain));
  return {
    period,
    ...place(query),
    ...defined({ area: one(query, 'area', AREAS), compare: before === undefined || after === undefined ? undefined : { before, after } }),
  };
}

/** @throws FaultError `bad_message`, as {@link readViewChoice}. */
export function readQuoteChoice(query: URLSearchParams): QuoteChoice {
  const search = query.get('search')?.trim() ?? '';
  if (search.length > MAX_SEARCH_CHARACTERS) throw bad('search', `at most ${MAX_SEARCH_CHARACTERS} characters`);
  const after = query.get('after') ?? '';
  if (after !== '' && !/^[\w.-]{1,64}$/.test(after)) throw bad('after', 'the next of the page before');
  return {
    ...place(query),
    uncertain: query.get('uncertain') === '1',
    ...defined({
      area: one(query, 'area', AREAS),
      service: one(query, 'service', SERVICES),
      tonality: one(query, 'tonality', [...TONALITIES, 'none'] as const),
      search: search === '' ? undefined : search,
      after: after === '' ? undefined : after,
    }),
  };
}

export function viewHref({ period, from, to, municipalities, unit, area, compare }: ViewChoice): string {
  return href(VIEW_PATH, { period, ...where(from, to, municipalities, unit), area, before: compare?.before, after: compare?.after });
}

export function quotesHref({ from, to, municipalities, unit, area, service, tonality, uncertain, search, after }: QuoteChoice): string {
  return href(QUOTES_PATH, { ...where(from, to, municipalities, unit), area, service, tonality, uncertain: uncertain ? '1' : undefined, search, after });
}

function where(from: Day | undefined, to: Day | undefined, municipalities: readonly string[], unit: string | null | undefined): Record<string, string | readonly string[] | undefined> {
  return { from, to, municipality: municipalities, unit: unit === null ? NO_UNIT : unit };
}

function href(path: string, parameters: Readonly<Record<string, string | readonly string[] | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of value === undefined ? [] : typeof value === 'string' ? [value] : value) query.append(name, each);
  }
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

function place(query: URLSearchParams): Pick<ViewChoice, 'from' | 'to' | 'municipalities' | 'unit'> {
  const municipalities = [...new Set(query.getAll('municipality').filter((code) => code !== ''))];
  if (municipalities.length > MAX_COMPARED || municipalities.some((code) => !/^\d{4}$/.test(code))) {
    throw bad('municipality', `at most ${MAX_COMPARED} codes of four digits`);
  }
  const unit = query.get('unit') ?? '';
  if (unit.length > MAX_UNIT_CHARACTERS) throw bad('unit', `at most ${MAX_UNIT_CHARACTERS} characters`);
  return {
    municipalities,
    ...defined({ from: day(query, 'from'), to: day(query, 'to'), unit: unit === '' ? undefined : unit === NO_UNIT ? null : unit }),
  };
}

function day(query: URLSearchParams, name: string): Day | undefined {
  const value = query.get(name) ?? '';
  if (value !== '' && parseDay(value) === undefined) throw bad(name, 'a day like 2020-03-31');
  return value === '' ? undefined : value;
}

function one<Value extends string>(query: URLSearchParams, name: string, allowed: readonly Value[]): Value | undefined {
  const value = query.get(name) ?? '';
  const found = allowed.find((each) => each === value);
  if (value !== '' && found === undefined) throw bad(name, `one of ${allowed.join(', ')}`);
  return found;
}

function periodLabel(query: URLSearchParams, name: string, period: Period): string | undefined {
  const value = query.get(name) ?? '';
  // Periods of another grain are left from the choice before: they cannot be meant.
  const forms: Readonly<Record<Period, RegExp>> = { year: /^\d{4}$/, quarter: /^\d{4}-Q\d$/, month: /^\d{4}-\d\d$/, week: /^\d{4}-W\d\d$/, day: /^\d{4}-\d\d-\d\d$/ };
  return forms[period].test(value) ? value : undefined;
}

/** Without the entries that are undefined. */
function defined<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}

function bad(name: string, expected: string): FaultError {
  return new FaultError('bad_message', `Expected ${name} to be ${expected}, got something else.`);
}
