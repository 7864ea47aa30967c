import { TONALITIES } from '../classification/labels.js';
import { municipalityName } from '../survey/municipalities.js';
import type { Area, Service, Tonality } from '../classification/labels.js';
import type { Change, MeanChange, OpinionRow, ParticipationRow, RatingRow, Report, Share, UnitName } from './report.js';
import type { Interval } from './statistics.js';
import { AREA_NAMES, PERIOD_NAMES, SERVICE_NAMES, TONALITY_NAMES, periodName } from './swedish.js';

/** Where a cell leads to on a page. */
export interface Link {
  readonly href: string;
  /** What follows the cell's own text for who does not see where it stands. */
  readonly label?: string;
}

/** What stands in a table, before it is known what it is written on. */
export type Cell =
  | { readonly kind: 'text'; readonly text: string; readonly link?: Link | undefined }
  | { readonly kind: 'number'; readonly value: number; readonly decimals: number }
  | { readonly kind: 'share'; readonly percent: number; readonly interval: Interval; readonly link?: Link | undefined }
  /** A value with its interval, in the unit of the column. */
  | { readonly kind: 'mean'; readonly value: number; readonly interval: Interval | null; readonly decimals: number }
  | { readonly kind: 'change'; readonly points: number; readonly decimals: number; readonly significant: boolean }
  /** Left out: the group, or one beside it, is too small. */
  | { readonly kind: 'hidden' }
  /** There is nothing to say. */
  | { readonly kind: 'none' };

export interface Column {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'share' | 'mean' | 'change';
  /** Changes only: in what they are measured. */
  readonly unit?: 'procentenheter' | 'enheter';
}

export interface ReportTable {
  /** Unique in a report; a name for files and links. */
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  /** The first cells say what a row is about: so many. */
  readonly headers: number;
  readonly rows: readonly (readonly Cell[])[];
}

/** A group of comments that a cell is about. */
export interface LinkedGroup {
  readonly period: string;
  readonly area?: Area | null;
  readonly service?: Service;
  readonly municipality?: string;
}

/** Where the cells of tables lead to; a report in a file leads nowhere. */
export interface ReportLinks {
  readonly area?: (area: Area) => Link | undefined;
  readonly municipality?: (code: string) => Link | undefined;
  /** From a share to the comments behind it. */
  readonly comments?: (group: LinkedGroup, tonality: Tonality) => Link | undefined;
}

const HIDDEN: Cell = { kind: 'hidden' };
const NONE: Cell = { kind: 'none' };
const text = (of: string, link?: Link): Cell => ({ kind: 'text', text: of, link });
const number = (value: number | null, decimals = 0): Cell => (value === null ? HIDDEN : { kind: 'number', value, decimals });
const texts = (...names: readonly string[]): Column[] => names.map((name) => ({ name, kind: 'text' }));
const numbers = (...names: readonly string[]): Column[] => names.map((name) => ({ name, kind: 'number' }));

export const OPINION_COLUMNS: readonly Column[] = [
  { name: 'Kommentarer', kind: 'number' },
  ...TONALITIES.map((tonality): Column => ({ name: TONALITY_NAMES[tonality], kind: 'share' })),
  ...TONALITIES.map((tonality): Column => ({ name: `Förändring, ${tonality}`, kind: 'change', unit: 'procentenheter' })),
];

export function opinionCells({ comments, shares, change }: Pick<OpinionRow, 'comments' | 'shares' | 'change'>, linkOf?: (tonality: Tonality) => Link | undefined): Cell[] {
  const share = (of: Share | undefined, tonality: Tonality): Cell =>
    comments === null ? HIDDEN : of === undefined ? NONE : { kind: 'share', percent: of.percent, interval: of.interval, link: of.count === 0 ? undefined : linkOf?.(tonality) };
  const moved = (of: Change | undefined): Cell => (of === undefined ? NONE : { kind: 'change', points: of.points, decimals: 0, significant: of.significant });
  return [number(comments), ...TONALITIES.map((tonality) => share(shares?.[tonality], tonality)), ...TONALITIES.map((tonality) => moved(change?.[tonality]))];
}

/** A value with its interval, or why there is none. */
function meanCell(value: number | null, interval: Interval | null, decimals: number, isHidden: boolean): Cell {
  if (value === null) return isHidden ? HIDDEN : NONE;
  return { kind: 'mean', value, interval, decimals };
}

const PARTICIPATION_COLUMNS: readonly Column[] = [...numbers('Tillfrågade', 'Svarade', 'Avbröt', 'Avböjde'), { name: 'Svarsfrekvens', kind: 'share' }];

function participationCells({ offered, completed, abandoned, declined, rate }: ParticipationRow): Cell[] {
  const share: Cell = rate === null ? (offered === null ? HIDDEN : NONE) : { kind: 'share', percent: rate.percent, interval: rate.interval };
  return [...[offered, completed, abandoned, declined].map((count) => number(count)), share];
}

const RATING_COLUMNS: readonly Column[] = [...numbers('Svar'), { name: 'Medelvärde', kind: 'mean' }, { name: 'Förändring', kind: 'change', unit: 'enheter' }];

/** The question, its area, the period, and the figures. */
function ratingCells(row: RatingRow): Cell[] {
  return [
    text(row.text ?? row.question),
    row.area === null ? NONE : text(AREA_NAMES[row.area]),
    text(periodName(row.period)),
    number(row.n),
    meanCell(row.mean, row.interval, 2, row.n === null),
    meanChangeCell(row.change, 2),
  ];
}

function meanChangeCell(change: MeanChange | null, decimals: number): Cell {
  return change === null ? NONE : { kind: 'change', points: change.difference, decimals, significant: change.significant };
}

function unitKey({ municipality, unit }: UnitName): string {
  return `${municipality} ${unit}`;
}

function unitCell(unit: string): Cell {
  return text(unit === '' ? 'Utan enhet' : unit);
}

/** All tables of a report. */
export function reportTables(report: Report, links: ReportLinks = {}): ReportTable[] {
  const period = PERIOD_NAMES[report.scope.period];
  const comments = (group: LinkedGroup) => (tonality: Tonality): Link | undefined => links.comments?.(group, tonality);
  return [
    {
      id: 'totalt',
      title: 'Alla kommentarer',
      columns: [...texts(period), ...numbers('Kommuner'), ...OPINION_COLUMNS],
      headers: 1,
      rows: report.totals.map((row) => [text(periodName(row.period)), number(row.municipalities), ...opinionCells(row, comments({ period: row.period }))]),
    },
    {
      id: 'omraden',
      title: 'Områden',
      columns: [...texts('Område', period), ...OPINION_COLUMNS, ...numbers('Andel av alla, procent')],
      headers: 2,
      rows: byName(report.areas, ({ area }) => area).map((row) => [
        text(AREA_NAMES[row.area], links.area?.(row.area)),
        text(periodName(row.period)),
        ...opinionCells(row, comments({ period: row.period, area: row.area })),
        row.shareOfAll === null ? (row.comments === null ? HIDDEN : NONE) : number(row.shareOfAll),
      ]),
    },
    {
      id: 'tjanster',
      title: 'Kommunala tjänster',
      columns: [...texts('Tjänst', period), ...OPINION_COLUMNS],
      headers: 2,
      rows: byName(report.services, ({ service }) => service).map((row) => [text(SERVICE_NAMES[row.service]), text(periodName(row.period)), ...opinionCells(row, comments({ period: row.period, area: 'kommunala_tjanster', service: row.service }))]),
    },
    {
      id: 'rorelser',
      title: 'Det som har rört sig mest',
      columns: [...texts('Område', 'Tjänst', 'Tonalitet', period), { name: 'Förändring', kind: 'change', unit: 'procentenheter' }],
      headers: 3,
      rows: report.movers.map(({ area, service, tonality, period: at, change }) => [
        text(AREA_NAMES[area]),
        service === null ? NONE : text(SERVICE_NAMES[service]),
        text(TONALITY_NAMES[tonality]),
        text(periodName(at)),
        { kind: 'change', points: change.points, decimals: 0, significant: change.significant },
      ]),
    },
    {
      id: 'kommuner',
      title: 'Kommunerna bredvid varandra',
      columns: [...texts('Kommun', period, 'Område'), ...numbers('Plats'), ...OPINION_COLUMNS],
      headers: 3,
      rows: report.municipalities.map((row) => [
        text(row.name, links.municipality?.(row.municipality)),
        text(periodName(row.period)),
        text(row.area === null ? 'Alla' : AREA_NAMES[row.area]),
        row.rank === null ? (row.comments === null ? HIDDEN : NONE) : number(row.rank),
        ...opinionCells(row, comments({ period: row.period, area: row.area, municipality: row.municipality })),
      ]),
    },
    {
      id: 'spridning',
      title: 'Spridning mellan kommunerna',
      columns: [...texts('Område', period, 'Tonalitet'), ...numbers('Kommuner', 'Lägst', 'Undre kvartil', 'Median', 'Övre kvartil', 'Högst', 'Standardavvikelse')],
      headers: 3,
      rows: report.spread.map((row) => [
        text(row.area === null ? 'Alla' : AREA_NAMES[row.area]),
        text(periodName(row.period)),
        text(TONALITY_NAMES[row.tonality]),
        number(row.n),
        ...[row.lowest, row.lowerQuartile, row.median, row.upperQuartile, row.highest].map((value) => number(value, 1)),
        row.standardDeviation === null ? NONE : number(row.standardDeviation, 1),
      ]),
    },
    {
      id: 'enheter',
      title: 'Enheter',
      columns: [...texts('Kommun', 'Enhet', period), ...OPINION_COLUMNS],
      headers: 3,
      rows: byName(report.units, unitKey).map((row) => [text(row.name), unitCell(row.unit), text(periodName(row.period)), ...opinionCells(row)]),
    },
    {
      id: 'deltagande',
      title: 'Deltagande',
      columns: [...texts('Kommun', period), ...PARTICIPATION_COLUMNS],
      headers: 2,
      rows: report.participation.map((row) => [placeCell(row.municipality), text(periodName(row.period)), ...participationCells(row)]),
    },
    {
      id: 'betyg',
      title: 'Betyg',
      columns: [...texts('Kommun', 'Fråga', 'Område', period), ...RATING_COLUMNS],
      headers: 4,
      rows: report.ratings.map((row) => [placeCell(row.municipality), ...ratingCells(row)]),
    },
    {
      id: 'enheters-deltagande',
      title: 'Enheternas deltagande',
      columns: [...texts('Kommun', 'Enhet', period), ...PARTICIPATION_COLUMNS],
      headers: 3,
      rows: byName(report.unitParticipation, unitKey).map((row) => [text(row.name), unitCell(row.unit), text(periodName(row.period)), ...participationCells(row)]),
    },
    {
      id: 'enheters-betyg',
      title: 'Enheternas betyg',
      columns: [...texts('Kommun', 'Enhet', 'Fråga', 'Område', period), ...RATING_COLUMNS],
      headers: 5,
      rows: byName(report.unitRatings, (row) => `${unitKey(row)} ${row.question}`).map((row) => [text(row.name), unitCell(row.unit), ...ratingCells(row)]),
    },
    {
      id: 'index',
      title: 'Nöjdhetsindex',
      columns: [...texts('Kommun', period), { name: 'Index, 0 till 100', kind: 'mean' }, { name: 'Förändring', kind: 'change', unit: 'enheter' }],
      headers: 2,
      rows: report.indexes.map((row) => [
        placeCell(row.municipality),
        text(periodName(row.period)),
        meanCell(row.index, row.interval, 1, true),
        meanChangeCell(row.change, 1),
      ]),
    },
    {
      id: 'kvalitet',
      title: 'Kommentarer utan tonalitet, och osäkra',
      columns: [...texts(period), ...numbers('Utan åsikt', 'Utan ord', 'Väntar', 'Misslyckades', 'Osäkra', 'Rättade')],
      headers: 1,
      rows: report.totals.map(({ period: at, fates }) => [
        text(periodName(at)),
        ...(['noOpinion', 'noWords', 'pending', 'failed', 'uncertain', 'corrected'] as const).map((name) => number(fates?.[name] ?? null)),
      ]),
    },
  ];
}

function placeCell(municipality: string | null): Cell {
  return text(municipality === null ? 'Totalt' : (municipalityName(municipality) ?? municipality));
}

/** Rows of the same name beside each other, in the order in which the names first come. */
function byName<Row>(rows: readonly Row[], nameOf: (row: Row) => string): Row[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(nameOf(row), [...(groups.get(nameOf(row)) ?? []), row]);
  return [...groups.values()].flat();
}
