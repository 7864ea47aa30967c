import type { Area, Service } from '../../src/classification/labels.js';
import { OUTCOMES } from '../../src/survey/store-queries.js';
import type { CommentQuery, Group, Grouping, Outcome, Period, ResponseFilter } from '../../src/survey/store-queries.js';
import type { StoredResponse } from '../../src/survey/store.js';

/*
 * What a store's counts must be, found the slow way: by looking at every response. Written apart from the store's own counting.
 */

const swedish = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Stockholm' });

export function dayOf({ contactedAt }: StoredResponse): string {
  return swedish.format(contactedAt);
}

function period(kind: Period, day: string): string {
  const [year = '', month = ''] = day.split('-');
  if (kind === 'day') return day;
  if (kind === 'month') return `${year}-${month}`;
  if (kind === 'quarter') return `${year}-Q${Math.ceil(Number(month) / 3)}`;
  if (kind === 'year') return year;
  const thursday = new Date(`${day}T12:00:00Z`);
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return `${thursday.getUTCFullYear()}-W${String(Math.ceil(((thursday.getTime() - first) / 86_400_000 + 0.5) / 7)).padStart(2, '0')}`;
}

/** The responses of each group, in the order of period, municipality and unit. */
export function groups(responses: readonly StoredResponse[], filter: ResponseFilter = {}, by: Grouping = {}): { group: Group; responses: StoredResponse[] }[] {
  const found = new Map<string, { group: Group; responses: StoredResponse[] }>();
  for (const response of responses) {
    const day = dayOf(response);
    if (filter.from !== undefined && day < filter.from) continue;
    if (filter.to !== undefined && day > filter.to) continue;
    if (filter.municipalities !== undefined && !filter.municipalities.includes(response.municipality)) continue;
    if (filter.units !== undefined && !filter.units.includes(response.unit)) continue;
    const group: Group = {
      ...(by.period === undefined ? {} : { period: period(by.period, day) }),
      ...(by.municipality === true ? { municipality: response.municipality } : {}),
      ...(by.unit === true ? { unit: response.unit } : {}),
    };
    const key = JSON.stringify([group.period ?? '', group.municipality ?? '', group.unit ?? '']);
    if (!found.has(key)) found.set(key, { group, responses: [] });
    found.get(key)!.responses.push(response);
  }
  return [...found].sort(([first], [second]) => (first < second ? -1 : 1)).map(([, group]) => group);
}

interface Item {
  readonly area?: Area;
  readonly service?: Service;
  readonly outcome: Outcome;
  readonly corrected: boolean;
  readonly uncertain: boolean;
}

export function items({ comment, corrections }: StoredResponse, subject: CommentQuery['subject']): Item[] {
  if (comment === null) return [];
  const correction = corrections.at(-1);
  const labels = correction ?? comment.verdict;
  const flags = { corrected: correction !== undefined, uncertain: correction === undefined && (comment.verdict?.uncertain ?? false) };
  if (subject === 'comments') {
    const outcome = labels === null ? (comment.state as 'pending' | 'failed') : (labels.tonality ?? (correction === undefined ? comment.verdict?.reason : null) ?? 'no_opinion');
    return [{ outcome, ...flags }];
  }
  if (labels === null) return [];
  if (subject === 'areas') return labels.areas.map(({ area, tonality }) => ({ area, outcome: tonality, ...flags }));
  const tonality = labels.areas.find(({ area }) => area === 'kommunala_tjanster')?.tonality;
  return tonality === undefined ? [] : labels.services.map((service) => ({ service, outcome: tonality, ...flags }));
}

export function outcomeCounts(of: readonly Item[]): Record<Outcome, number> {
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, of.filter((item) => item.outcome === outcome).length])) as Record<Outcome, number>;
}
