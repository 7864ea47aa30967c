import type { Area, Service, Tonality } from '../classification/labels.js';
import type { Period } from '../survey/store-queries.js';
import type { Interval, Spread } from './statistics.js';

/** What the figures of a report are about. */
export interface ReportScope {
  /** `null`: all municipalities in the database. */
  readonly municipality: { readonly code: string; readonly name: string } | null;
  readonly period: Period;
  /** First and last day: whole periods. */
  readonly from: string;
  readonly to: string;
  /** The periods in it, oldest first. */
  readonly periods: readonly string[];
  /** Groups below it are left out. */
  readonly threshold: number;
}

/** A part of a group. */
export interface Share {
  readonly count: number;
  /** Whole percent, rounded by itself. */
  readonly percent: number;
  /** 95 %, Wilson; in percent, one decimal. */
  readonly interval: Interval;
}

/** How a share moved from the period before. */
export interface Change {
  /** Whole percentage points. */
  readonly points: number;
  /** Percentage points, unrounded: for order. */
  readonly exactPoints: number;
  /** 95 %, in percentage points, one decimal. */
  readonly interval: Interval;
  /** p of no change, adjusted after Holm for all changes of the same table. */
  readonly p: number;
  readonly significant: boolean;
}

/** The comments of a group. */
export interface OpinionRow {
  readonly period: string;
  /** Comments with a tonality; `null`: left out, because the group or one beside it is too small. */
  readonly comments: number | null;
  /** `null` where `comments` is 0 or `null`. */
  readonly shares: Readonly<Record<Tonality, Share>> | null;
  /** `null` where there is nothing to compare with. */
  readonly change: Readonly<Record<Tonality, Change>> | null;
}

export interface TotalRow extends OpinionRow {
  /** Municipalities with responses. */
  readonly municipalities: number;
  /** `null` where `comments` is. */
  readonly fates: {
    readonly noOpinion: number;
    readonly noWords: number;
    readonly pending: number;
    readonly failed: number;
    readonly uncertain: number;
    readonly corrected: number;
  } | null;
}

export interface AreaRow extends OpinionRow {
  readonly area: Area;
  /** Of all comments of the period, those that judge this area; a comment may judge several. */
  readonly shareOfAll: number | null;
}

export interface ServiceRow extends OpinionRow {
  readonly service: Service;
}

export interface MunicipalityRow extends OpinionRow {
  readonly municipality: string;
  readonly name: string;
  /** `null`: all comments. */
  readonly area: Area | null;
  /** Place among the municipalities that are shown, the largest share of `positiv` first. */
  readonly rank: number | null;
}

export interface UnitRow extends OpinionRow {
  readonly municipality: string;
  readonly name: string;
  readonly unit: string;
}

/** How the municipalities that are shown lie beside each other; in percent, one decimal. */
export interface SpreadRow extends Spread {
  readonly period: string;
  readonly area: Area | null;
  readonly tonality: Tonality;
}

/** Who took part; `municipality` is `null` for all that the report is about. */
export interface ParticipationRow {
  readonly period: string;
  readonly municipality: string | null;
  /** Those who were offered the survey; `null`, and all that follows: left out. */
  readonly offered: number | null;
  readonly completed: number | null;
  readonly abandoned: number | null;
  readonly declined: number | null;
  /** Completed of offered; `null` also where nobody is recorded who did not take part: the rate is then not known. */
  readonly rate: Share | null;
}

/** How a mean moved from the period before. */
export interface MeanChange {
  readonly difference: number;
  /** 95 %. */
  readonly interval: Interval;
  /** p of no change, adjusted after Holm for all changes of the same table; `null` where the ratings have no spread to judge by. */
  readonly p: number | null;
  readonly significant: boolean;
}

/** The ratings of a question. */
export interface RatingRow {
  readonly period: string;
  readonly municipality: string | null;
  readonly question: string;
  /** What the survey asks; `null` without the survey. */
  readonly text: string | null;
  /** What the question measures; `null` without the survey. */
  readonly area: Area | null;
  /** The ends of the scale; `null` without the survey. */
  readonly scale: Interval | null;
  /** `null`, and all that follows: left out. */
  readonly n: number | null;
  /** Two decimals. */
  readonly mean: number | null;
  readonly interval: Interval | null;
  /** Two decimals. */
  readonly change: MeanChange | null;
}

/** A unit that a row is about, beside its municipality. */
export interface UnitName {
  readonly municipality: string;
  readonly name: string;
  readonly unit: string;
}
export type UnitParticipationRow = ParticipationRow & UnitName;
export type UnitRatingRow = RatingRow & UnitName;

/**
 * Satisfaction in one number from 0 to 100, one decimal: the mean over the survey's questions with a scale of satisfaction (1 to 5
 * and 1 to 10; not yes and no) of (mean - lowest) / (highest - lowest) * 100. The transformation is that of the Swedish customer
 * satisfaction index (Fornell 1992, Journal of Marketing 56, 6-21); its weights come from a model of three fixed questions, while
 * all questions weigh the same here. That is why it is called like NKI and not NKI.
 */
export interface IndexRow {
  readonly period: string;
  readonly municipality: string | null;
  readonly index: number | null;
  /**
   * 95 %. The answers of one citizen hang together, and how much is not kept: the interval is the widest that any such dependence
   * gives (as if all answers rose and fell together).
   */
  readonly interval: Interval | null;
  /** One decimal; with the same widest interval. */
  readonly change: MeanChange | null;
}

/** A share that moved. */
export interface Mover {
  readonly period: string;
  readonly area: Area;
  readonly service: Service | null;
  readonly tonality: Tonality;
  readonly change: Change;
}

/** Comments to read: redacted, without place and day. */
export interface QuoteGroup {
  readonly area: Area;
  readonly tonality: Tonality;
  readonly texts: readonly string[];
}

export interface Report {
  readonly scope: ReportScope;
  readonly totals: readonly TotalRow[];
  readonly areas: readonly AreaRow[];
  readonly services: readonly ServiceRow[];
  readonly municipalities: readonly MunicipalityRow[];
  readonly spread: readonly SpreadRow[];
  readonly units: readonly UnitRow[];
  readonly participation: readonly ParticipationRow[];
  readonly ratings: readonly RatingRow[];
  /** Of units, where a municipality has several. */
  readonly unitParticipation: readonly UnitParticipationRow[];
  readonly unitRatings: readonly UnitRatingRow[];
  readonly indexes: readonly IndexRow[];
  /** The largest changes of the last period, largest first. */
  readonly movers: readonly Mover[];
  /** Empty unless asked for. */
  readonly quotes: readonly QuoteGroup[];
}
