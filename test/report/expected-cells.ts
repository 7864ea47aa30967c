import { AREA_NAMES, SERVICE_NAMES, TONALITY_NAMES } from '../../src/report/swedish.js';
import type { Area, Service, Tonality } from '../../src/classification/labels.js';
import { municipalityName } from '../../src/survey/municipalities.js';

/** What stands in a cell: a text, a number, or nothing. */
export type Value = string | number | null;
type Json = Readonly<Record<string, unknown>>;

const TONALITIES = ['positiv', 'skeptisk', 'negativ'] as const;

/**
 * The cells that a spreadsheet of a report has, made from the report's JSON and from nothing of the renderings: by table, then row.
 * Reports by year, so that a period is its own name.
 */
export function expectedCells(json: Readonly<Record<string, unknown>>): Readonly<Record<string, readonly (readonly Value[])[]>> {
  const rows = (name: string): readonly Json[] => json[name] as readonly Json[];
  return {
    totalt: rows('totals').map((row) => [text(row['period']), value(row['municipalities']), ...opinions(row)]),
    omraden: rows('areas').map((row) => [areaName(row['area']), text(row['period']), ...opinions(row), row['comments'] === null ? 'visas ej' : value(row['share_of_all_comments'])]),
    tjanster: rows('services').map((row) => [SERVICE_NAMES[row['service'] as Service], text(row['period']), ...opinions(row)]),
    kommuner: rows('municipalities').map((row) => [text(row['name']), text(row['period']), areaName(row['area']), row['comments'] === null ? 'visas ej' : value(row['rank']), ...opinions(row)]),
    enheter: rows('units').map((row) => [text(row['name']), unitName(row['unit']), text(row['period']), ...opinions(row)]),
    spridning: rows('spread').map((row) => [
      areaName(row['area']),
      text(row['period']),
      TONALITY_NAMES[row['tonality'] as Tonality],
      ...['municipalities', 'lowest', 'lower_quartile', 'median', 'upper_quartile', 'highest', 'standard_deviation'].map((name) => value(row[name])),
    ]),
    deltagande: rows('participation').map((row) => [placeName(row['municipality']), text(row['period']), ...participation(row)]),
    betyg: rows('ratings').map((row) => [placeName(row['municipality']), ...rating(row)]),
    'enheters-deltagande': rows('unit_participation').map((row) => [text(row['name']), unitName(row['unit']), text(row['period']), ...participation(row)]),
    'enheters-betyg': rows('unit_ratings').map((row) => [text(row['name']), unitName(row['unit']), ...rating(row)]),
    index: rows('indexes').map((row) => [placeName(row['municipality']), text(row['period']), ...(row['index'] === null ? ['visas ej', null, null] : [value(row['index']), ...pair(row['interval'])]), ...meanChange(row['change'])]),
  };
}

function opinions(row: Json): Value[] {
  const intervals = row['intervals'] as Json | null;
  const change = row['change'] as Json | null;
  const significant = row['change_significant'] as Json | null;
  return [
    hidden(row['comments']),
    ...TONALITIES.flatMap((tonality): Value[] => {
      if (row['comments'] === null) return ['visas ej', null, null];
      return row[tonality] === null ? [null, null, null] : [value(row[tonality]), ...pair(intervals![tonality])];
    }),
    ...TONALITIES.flatMap((tonality): Value[] => (change === null ? [null, null] : [value(change[tonality]), significant![tonality] === true ? 'ja' : 'nej'])),
  ];
}

function participation(row: Json): Value[] {
  const rate = row['offered'] === null ? ['visas ej', null, null] : row['response_rate'] === null ? [null, null, null] : [value(row['response_rate']), ...pair(row['response_rate_interval'])];
  return [...['offered', 'completed', 'abandoned', 'declined'].map((name) => hidden(row[name])), ...rate];
}

function rating(row: Json): Value[] {
  const mean = row['answers'] === null ? ['visas ej', null, null] : row['mean'] === null ? [null, null, null] : [value(row['mean']), ...pair(row['interval'])];
  return [text(row['text'] ?? row['question']), row['area'] === null ? null : areaName(row['area']), text(row['period']), hidden(row['answers']), ...mean, ...meanChange(row['change'])];
}

function meanChange(of: unknown): Value[] {
  if (of === null) return [null, null];
  const { difference, significant } = of as Json;
  return [value(difference), significant === true ? 'ja' : 'nej'];
}

function unitName(unit: unknown): string {
  return unit === '' ? 'Utan enhet' : text(unit);
}

function value(of: unknown): number | null {
  return of === null ? null : (of as number);
}

function hidden(of: unknown): Value {
  return of === null ? 'visas ej' : (of as number);
}

function pair(of: unknown): Value[] {
  return of === null ? [null, null] : [...(of as readonly number[])];
}

function text(of: unknown): string {
  return of as string;
}

function areaName(area: unknown): string {
  return area === null ? 'Alla' : AREA_NAMES[area as Area];
}

function placeName(municipality: unknown): string {
  return municipality === null ? 'Totalt' : municipalityName(municipality as string)!;
}
