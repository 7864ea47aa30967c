import { AREAS, SERVICES, TONALITIES } from '../classification/labels.js';
import type { Area, Tonality } from '../classification/labels.js';
import { municipalityTitle } from '../survey/municipalities.js';
import type { Extent } from '../survey/store-queries.js';
import type { Survey } from '../survey/survey.js';
import { indexQuestions, indexRows, participationRow, ratingRows } from './answer-rows.js';
import type { PlaceInPeriod } from './answer-rows.js';
import { PARTICIPATION_TOPIC } from './figures.js';
import type { Figures } from './figures.js';
import { opinionRows } from './opinion-rows.js';
import type { Group } from './opinion-rows.js';
import type { PeriodPlan } from './period-tree.js';
import type { AreaRow, Mover, MunicipalityRow, OpinionRow, Report, ServiceRow, SpreadRow, TotalRow, UnitRow, UnitRatingRow } from './report.js';
import { rounded, wholePercent } from './rounding.js';
import { ranksOf, spreadOf } from './statistics.js';
import { ALL_TOPICS, EVERYWHERE, unitPlace } from './tally.js';

/** So many movers are told: more is the table itself. */
const MAX_MOVERS = 10;

/** What the rows of a report are made of. */
export interface ReportMaterial {
  readonly figures: Figures;
  readonly plan: PeriodPlan;
  readonly extent: Extent;
  /** What the report is about: {@link EVERYWHERE}, a municipality, or a unit (see {@link unitPlace}). */
  readonly place: string;
  /** The municipality whose units are told; `undefined`: those of all. */
  readonly unitsOf: string | undefined;
  readonly survey: Survey | undefined;
  /** Whether what lies beside the place (municipalities, units, their answers) is told for the last period only. */
  readonly neighboursOnlyLast: boolean;
}

interface PeriodWithBefore {
  readonly period: string;
  readonly before: string;
}

/** The rows of a report, from figures that were counted. */
export class ReportBuilder {
  readonly #figures: Figures;
  readonly #extent: Extent;
  readonly #place: string;
  readonly #unitsOf: string | undefined;
  readonly #survey: Survey | undefined;
  /** Each period with the one before it. */
  readonly #periods: readonly PeriodWithBefore[];
  /** The periods in which what lies beside the place is told. */
  readonly #neighbourPeriods: readonly PeriodWithBefore[];
  /** For weeks and days nearly every municipality's areas are too small to show, and there would be a great many rows of that. */
  readonly #hasMunicipalityAreas: boolean;

  constructor({ figures, plan, extent, place, unitsOf, survey, neighboursOnlyLast }: ReportMaterial) {
    this.#figures = figures;
    this.#extent = extent;
    this.#place = place;
    this.#unitsOf = unitsOf;
    this.#survey = survey;
    this.#periods = plan.shown.map((period, index) => ({ period, before: plan.shown[index - 1] ?? plan.before }));
    this.#neighbourPeriods = neighboursOnlyLast ? this.#periods.slice(-1) : this.#periods;
    this.#hasMunicipalityAreas = plan.fine === undefined || neighboursOnlyLast;
  }

  opinions(): Pick<Report, 'totals' | 'areas' | 'services' | 'municipalities' | 'spread' | 'units' | 'movers'> {
    const areas = this.#areas();
    const services = this.#services();
    const municipalities = this.#municipalities();
    return { totals: this.#totals(), areas, services, municipalities, spread: this.#spread(municipalities), units: this.#units(), movers: this.#movers(areas, services) };
  }

  answers(): Pick<Report, 'participation' | 'ratings' | 'unitParticipation' | 'unitRatings' | 'indexes'> {
    const { municipalities, questions: asked } = this.#extent;
    const beside = new Set(this.#neighbourPeriods);
    const places: PlaceInPeriod[] = this.#periods.flatMap((period) => [
      { ...period, place: this.#place, municipality: null },
      ...(municipalities.length > 1 && beside.has(period) ? municipalities.map((code) => ({ ...period, place: code, municipality: code })) : []),
    ]);
    const questions = indexQuestions(this.#survey).filter(({ id }) => asked.includes(id));
    // By week and day, of one municipality alone: there would be a great many rows otherwise, and nearly all of them too small.
    const units = this.#hasMunicipalityAreas || this.#place !== EVERYWHERE ? this.#severalUnits() : [];
    const unitPlaces = this.#neighbourPeriods.flatMap((period) =>
      units.map(({ municipality, unit }) => ({
        ...period,
        place: unitPlace(municipality, unit),
        municipality,
        named: { municipality, name: municipalityTitle(municipality), unit: unit ?? '' },
      })),
    );
    return {
      participation: places.map((at) => participationRow(this.#figures, at)),
      ratings: ratingRows(this.#figures, places, asked, this.#survey),
      unitParticipation: unitPlaces.map(({ named, ...at }) => ({ ...participationRow(this.#figures, at), ...named })),
      unitRatings: answeredRows(ratingRows(this.#figures, unitPlaces, asked, this.#survey).map((row, index) => ({ ...row, ...unitPlaces[Math.floor(index / asked.length)]!.named }))),
      indexes: questions.length === 0 ? [] : indexRows(this.#figures, places, questions),
    };
  }

  #rows(groups: readonly Group[]): OpinionRow[] {
    return opinionRows(this.#figures, groups);
  }

  #totals(): TotalRow[] {
    const groups = this.#periods.map((period) => ({ ...period, place: this.#place, topic: ALL_TOPICS }));
    return this.#rows(groups).map((row) => ({
      ...row,
      municipalities: this.#municipalitiesIn(row.period),
      fates: row.comments === null ? null : this.#figures.fates.get(row.period, this.#place, ALL_TOPICS),
    }));
  }

  #municipalitiesIn(period: string): number {
    const codes = this.#place === EVERYWHERE ? this.#extent.municipalities : [this.#place];
    return codes.filter((code) => this.#figures.participants.get(period, code, PARTICIPATION_TOPIC).offered > 0).length;
  }

  #areas(): AreaRow[] {
    const groups = this.#periods.flatMap((period) => AREAS.map((area) => ({ ...period, place: this.#place, topic: area })));
    return this.#rows(groups).map((row, index) => {
      const all = this.#figures.size(row.period, this.#place, ALL_TOPICS);
      const isKnown = row.comments !== null && all > 0 && this.#figures.shows(row.period, this.#place, ALL_TOPICS);
      return { ...row, area: groups[index]!.topic, shareOfAll: isKnown ? wholePercent({ count: row.comments, total: all }) : null };
    });
  }

  #services(): ServiceRow[] {
    const groups = this.#periods.flatMap((period) => SERVICES.map((service) => ({ ...period, place: this.#place, topic: service })));
    const rows = this.#rows(groups).map((row, index) => ({ ...row, service: groups[index]!.topic }));
    // Services that nobody has spoken of, and those of a municipality in short periods, which are never shown, have no rows.
    const named = new Set(rows.filter(({ comments }) => comments !== null && comments > 0).map(({ service }) => service));
    return rows.filter(({ service }) => named.has(service));
  }

  #municipalities(): MunicipalityRow[] {
    if (this.#extent.municipalities.length < 2) return [];
    const topics: readonly (Area | null)[] = [null, ...(this.#hasMunicipalityAreas ? AREAS : [])];
    const groups = this.#neighbourPeriods.flatMap((period) =>
      topics.flatMap((area) => this.#extent.municipalities.map((code) => ({ ...period, place: code, topic: area ?? ALL_TOPICS, area }))),
    );
    const rows = this.#rows(groups);
    const ranks = new Map<string, number>();
    for (const { period } of this.#neighbourPeriods) {
      for (const area of topics) {
        const shown = rows.flatMap((row, index) => (row.period === period && groups[index]!.area === area && row.shares !== null ? [{ row, index }] : []));
        const places = ranksOf(shown.map(({ row }) => row.shares!.positiv.count / row.comments!));
        shown.forEach(({ index }, i) => ranks.set(String(index), places[i]!));
      }
    }
    return rows.map((row, index) => {
      const { place, area } = groups[index]!;
      return { ...row, municipality: place, name: municipalityTitle(place), area, rank: ranks.get(String(index)) ?? null };
    });
  }

  #spread(municipalities: readonly MunicipalityRow[]): SpreadRow[] {
    const groups = new Map<string, MunicipalityRow[]>();
    for (const row of municipalities) {
      if (row.shares === null) continue;
      const key = `${row.period} ${row.area ?? ''}`;
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    return [...groups.values()].flatMap((rows) => TONALITIES.map((tonality) => spreadRow(rows, tonality)));
  }

  /** The units that are shown: a single one is the municipality itself. */
  #severalUnits(): Extent['units'] {
    const units = this.#extent.units.filter(({ municipality }) => this.#unitsOf === undefined || municipality === this.#unitsOf);
    return units.filter(({ municipality }, _, all) => all.filter((other) => other.municipality === municipality).length > 1);
  }

  #units(): UnitRow[] {
    const groups = this.#neighbourPeriods.flatMap((period) =>
      this.#severalUnits().map(({ municipality, unit }) => ({ ...period, place: unitPlace(municipality, unit), topic: ALL_TOPICS, municipality, unit: unit ?? '' })),
    );
    const rows = this.#rows(groups).map((row, index) => {
      const { municipality, unit } = groups[index]!;
      return { ...row, municipality, name: municipalityTitle(municipality), unit };
    });
    // A unit that nobody has spoken of in any period has no rows.
    const heard = new Set(rows.flatMap(({ municipality, unit, comments }) => (comments === 0 ? [] : [unitPlace(municipality, unit)])));
    return rows.filter(({ municipality, unit }) => heard.has(unitPlace(municipality, unit)));
  }

  #movers(areas: readonly AreaRow[], services: readonly ServiceRow[]): Mover[] {
    const last = this.#periods.at(-1)?.period;
    const rows = [
      ...areas.map((row) => ({ ...row, service: null })),
      ...services.map((row) => ({ ...row, area: 'kommunala_tjanster' as const })),
    ].filter(({ period }) => period === last);
    return rows
      .flatMap(({ period, area, service, change }) => (change === null ? [] : TONALITIES.map((tonality) => ({ period, area, service, tonality, change: change[tonality] }))))
      .filter(({ change }) => change.points !== 0)
      .sort((a, b) => Math.abs(b.change.exactPoints) - Math.abs(a.change.exactPoints))
      .slice(0, MAX_MOVERS);
  }
}

/** Without the units that nobody has rated in any period. */
function answeredRows(rows: readonly UnitRatingRow[]): UnitRatingRow[] {
  const answered = new Set(rows.flatMap(({ municipality, unit, n }) => (n === 0 ? [] : [unitPlace(municipality, unit)])));
  return rows.filter(({ municipality, unit }) => answered.has(unitPlace(municipality, unit)));
}

function spreadRow(rows: readonly MunicipalityRow[], tonality: Tonality): SpreadRow {
  const { n, ...figures } = spreadOf(rows.map(({ shares, comments }) => (100 * shares![tonality].count) / comments!))!;
  const { standardDeviation, ...rest } = figures;
  const percents = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, rounded(value, 1)])) as typeof rest;
  const { period, area } = rows[0]!;
  return { period, area, tonality, n, ...percents, standardDeviation: standardDeviation === null ? null : rounded(standardDeviation, 1) };
}
