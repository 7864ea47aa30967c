import { TonalitetError } from '../errors.js';
import { municipalityTitle } from '../survey/municipalities.js';
import type { Area } from '../classification/labels.js';
import type { Day, Extent, Period } from '../survey/store-queries.js';
import type { Survey } from '../survey/survey.js';
import { checkMunicipality, rangeOf } from './build-report.js';
import { compare } from './comparison.js';
import type { Comparison } from './comparison.js';
import type { FiguresCache } from './figures-cache.js';
import { planPeriods } from './period-tree.js';
import { listed } from './swedish.js';
import { ReportBuilder } from './report-builder.js';
import type { Report } from './report.js';
import { EVERYWHERE, unitPlace } from './tally.js';

/** What a reader of the dashboard has chosen. */
export interface ViewChoice {
  readonly period: Period;
  readonly from?: Day;
  readonly to?: Day;
  /** Codes, at most {@link MAX_COMPARED}: none for all municipalities together, one for that one, several to put them beside each other. */
  readonly municipalities: readonly string[];
  /** Only of the one municipality; `undefined`: all its units together. */
  readonly unit?: string | null;
  /** Two periods of the view to put beside each other. */
  readonly compare?: { readonly before: string; readonly after: string };
  /** The area that is looked at closer. */
  readonly area?: Area;
}

/** So many municipalities stand beside each other in a comparison: what fits in a table that a person can read. */
export const MAX_COMPARED = 6;

/** A view has at most so many periods: a quarter of a year of days, and what a line chart can show. */
export const MAX_VIEW_PERIODS = 92;

/** A report for the screen: what lies beside the chosen place is told for the last period only. */
export interface View {
  readonly report: Report;
  readonly comparison: Comparison | null;
  readonly choice: ViewChoice;
  /** The name of what it is about. */
  readonly title: string;
  /** Everything there is to choose from. */
  readonly extent: Extent;
}

export interface ViewOptions {
  /** The smallest group that is shown; at least 2. */
  readonly threshold: number;
  readonly survey?: Survey | undefined;
}

/**
 * Makes the report for one choice. Every choice shows parts of the one publication (see publication.ts), and sums of no other groups
 * are made: what is left out in one view is left out in all, so that no two views give a small group by subtraction.
 *
 * @throws TonalitetError `REPORT_INVALID` where there is nothing to show: no responses, no such municipality, unit or period, or more
 *   than {@link MAX_VIEW_PERIODS} periods.
 */
export async function buildView(figuresCache: FiguresCache, choice: ViewChoice, { threshold, survey }: ViewOptions): Promise<View> {
  const { period, municipalities, unit, compare: compared } = choice;
  const snapshot = await figuresCache.open(threshold);
  const { extent } = snapshot;
  const plan = planPeriods(period, rangeOf(choice, period, extent, MAX_VIEW_PERIODS));
  for (const code of municipalities) checkMunicipality(code, extent);
  if (municipalities.length > MAX_COMPARED) throw new TonalitetError('REPORT_INVALID', `at most ${MAX_COMPARED} municipalities expected, got ${municipalities.length}`);
  const [only] = municipalities.length === 1 ? municipalities : [];
  const place = placeOf(only, unit, extent);
  if (compared !== undefined) for (const label of Object.values(compared)) checkPeriod(label, plan.shown);
  const figures = await snapshot.figuresFor(plan);
  const builder = new ReportBuilder({ figures, plan, extent, place, unitsOf: only ?? '', survey, neighboursOnlyLast: true });
  const report: Report = {
    scope: {
      municipality: only === undefined ? null : { code: only, name: municipalityTitle(only) },
      period,
      from: plan.range.from,
      to: plan.range.to,
      periods: plan.shown,
      threshold,
    },
    ...builder.opinions(),
    ...builder.answers(),
    quotes: [],
  };
  const comparison =
    municipalities.length > 1
      ? compare(figures, { kind: 'municipalities', codes: municipalities, period: compared?.after ?? plan.shown.at(-1)! })
      : compared === undefined
        ? null
        : compare(figures, { kind: 'periods', place, ...compared });
  return { report, comparison, choice, title: titleOf(municipalities, unit), extent };
}

/**
 * A choice without what does not go with the rest of it any more: a unit of another municipality, periods that are no longer in the view.
 * That is what a form sends where one field was changed and the others were not.
 */
export function settledChoice(choice: ViewChoice, extent: Extent): ViewChoice {
  const { unit, compare: compared, ...rest } = choice;
  const [only, ...others] = choice.municipalities;
  const hasUnit = unit !== undefined && others.length === 0 && extent.units.some((one) => one.municipality === only && one.unit === unit);
  const { shown } = planPeriods(choice.period, rangeOf(choice, choice.period, extent, MAX_VIEW_PERIODS));
  const hasPeriods = compared !== undefined && compared.before !== compared.after && shown.includes(compared.before) && shown.includes(compared.after);
  return { ...rest, ...(hasUnit ? { unit } : {}), ...(hasPeriods ? { compare: compared } : {}) };
}

function placeOf(municipality: string | undefined, unit: string | null | undefined, extent: Extent): string {
  if (municipality === undefined) {
    if (unit !== undefined) throw new TonalitetError('REPORT_INVALID', 'unit: one municipality expected beside it, got none or several');
    return EVERYWHERE;
  }
  const units = extent.units.filter((other) => other.municipality === municipality);
  if (unit !== undefined && !units.some((other) => other.unit === unit)) {
    throw new TonalitetError('REPORT_INVALID', 'unit: one of the municipality expected, got another');
  }
  // A single unit is the municipality, and a single municipality is everything.
  if (unit !== undefined && units.length > 1) return unitPlace(municipality, unit);
  return extent.municipalities.length === 1 ? EVERYWHERE : municipality;
}

function checkPeriod(label: string, shown: readonly string[]): void {
  if (shown.includes(label)) return;
  throw new TonalitetError('REPORT_INVALID', `periods of the view expected to compare (${shown[0] ?? ''} to ${shown.at(-1) ?? ''}), got another`);
}

function titleOf(municipalities: readonly string[], unit: string | null | undefined): string {
  if (municipalities.length === 0) return 'alla kommuner';
  const names = listed(municipalities.map(municipalityTitle));
  return unit === undefined ? names : `${names}, ${unit ?? 'utan enhet'}`;
}
