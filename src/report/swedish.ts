import type { Area, Service, Tonality } from '../classification/labels.js';
import type { Period } from '../survey/store-queries.js';

/* What municipalities read: Swedish names, dates and numbers. */

export const AREA_NAMES: Readonly<Record<Area, string>> = {
  handlaggare: 'Handläggare',
  digitala_tjanster: 'Digitala tjänster',
  kommunala_tjanster: 'Kommunala tjänster',
  tid: 'Tid',
  helhet: 'Helhet',
};

export const SERVICE_NAMES: Readonly<Record<Service, string>> = {
  omsorg_stod: 'Omsorg och stöd',
  forskola_skola: 'Förskola och skola',
  bygg_miljo: 'Bygg och miljö',
  gata_park_trafik: 'Gata, park och trafik',
  vatten_avfall: 'Vatten och avfall',
  kultur_fritid: 'Kultur och fritid',
  bostad: 'Bostad',
  ekonomiskt_bistand: 'Ekonomiskt bistånd',
  ovrigt: 'Övrigt',
};

export const TONALITY_NAMES: Readonly<Record<Tonality, string>> = { positiv: 'Positiv', skeptisk: 'Skeptisk', negativ: 'Negativ' };

export const PERIOD_NAMES: Readonly<Record<Period, string>> = { year: 'År', quarter: 'Kvartal', month: 'Månad', week: 'Vecka', day: 'Dag' };

const MONTHS = ['januari', 'februari', 'mars', 'april', 'maj', 'juni', 'juli', 'augusti', 'september', 'oktober', 'november', 'december'];

const NO_BREAK_SPACE = '\u00a0';
/** A minus is as wide as a plus, so that columns of changes line up. */
const MINUS = '\u2212';

/** `2020`, `kvartal 1 2020`, `mars 2020`, `vecka 9 2020`, `5 mars 2020`. */
export function periodName(period: string): string {
  const [year, rest, day] = period.split('-');
  if (rest === undefined) return period;
  if (rest.startsWith('Q')) return `kvartal ${rest.slice(1)} ${year}`;
  if (rest.startsWith('W')) return `vecka ${Number(rest.slice(1))} ${year}`;
  const month = `${MONTHS[Number(rest) - 1] ?? rest} ${year}`;
  return day === undefined ? month : `${Number(day)} ${month}`;
}

/** `11 284`, with spaces that do not break. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, NO_BREAK_SPACE);
}

/** Decimal comma, minus sign, thousands apart: `1 234,5`. */
export function formatNumber(value: number, decimals: number): string {
  const [whole = '0', fraction] = Math.abs(value).toFixed(decimals).split('.');
  const digits = fraction === undefined ? formatCount(Number(whole)) : `${formatCount(Number(whole))},${fraction}`;
  return value < 0 && /[1-9]/.test(digits) ? `${MINUS}${digits}` : digits;
}

/** `38 %`. */
export function formatPercent(percent: number): string {
  return `${formatNumber(percent, 0)}${NO_BREAK_SPACE}%`;
}

/** A change with its sign: `+9`, `−3`, `±0`. */
export function formatChange(points: number, decimals: number): string {
  const digits = formatNumber(points, decimals);
  if (!/[1-9]/.test(digits)) return `±${digits}`;
  return points > 0 ? `+${digits}` : digits;
}

/** `36,4–40,4`. */
export function formatInterval(low: number, high: number, decimals: number): string {
  const join = low < 0 || high < 0 ? ' till ' : '–';
  return `${formatNumber(low, decimals)}${join}${formatNumber(high, decimals)}`;
}

/** `a`, `a och b`, `a, b och c`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} och ${names.at(-1)!}`;
}
