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
    enheter: rows('units').map((row) => [text(row['name']), row['unit'] === '' ? 'Utan enhet' : text(row['unit']), text(row['period']), ...opinions(row)]),
    spridning: rows('spread').map((row) => [
      areaName(row['area']),
      text(row['period']),
      TONALITY_NAMES[row['tonality'] as Tonality],
      ...['municipalities', 'lowest', 'lower_quartile', 'median', 'upper_quartile', 'highest', 'standard_deviation'].map((name) => value(row[name])),
    ]),
    deltagande: rows('participation').map((row) => [
      placeName(row['municipality']),
      text(row['period']),
      ...['offered', 'completed', 'abandoned', 'declined'].map((name) => hidden(row[name])),
      ...(row['offered'] === null ? ['visas ej', null, null] : row['response_rate'] === null ? [null, null, null] : [value(row['response_rate']), ...pair(row['response_rate_interval'])]),
    ]),
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

export function value(of: unknown): number | null {
  return of === null ? null : (of as number);
}

export function hidden(of: unknown): Value {
  return of === null ? 'visas ej' : (of as number);
}

export function pair(of: unknown): Value[] {
  return of === null ? [null, null] : [...(of as readonly number[])];
}

function text(of: unknown): string {
  return of as string;
}

function areaName(area: unknown): string {
  return area === null ? 'Alla' : AREA_NAMES[area as Area];
}

export function placeName(municipality: unknown): string {
  return municipality === null ? 'Totalt' : municipalityName(municipality as string)!;
}
