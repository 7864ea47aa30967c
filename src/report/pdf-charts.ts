import { TONALITIES } from '../classification/labels.js';
import type { Tonality } from '../classification/labels.js';
import type { Dot, ShareBar, Trend } from './charts.js';
import type { Canvas } from './pdf-document.js';
import { AXIS, BOLD_CHART, CHART, COLOURS, INK, LINE, PAPER, QUIET } from './pdf-style.js';
import { TONALITY_NAMES, formatPercent } from './swedish.js';

/* The pictures of the report on paper, from the same values as those of charts.ts: never by colour alone. Lengths in points. */

/** Where a picture has its place; its height follows from what it shows. */
export interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

const LEGEND_HEIGHT = 18;
const AXIS_HEIGHT = 16;
const BAR_ROW = 21;
const BAR_HEIGHT = 14;
const DOT_ROW = 13;
/** Names longer than this are shortened: the table beside the picture has them whole. */
const WIDEST_NAME = 150;
/** Shares below it have no room for their number in the bar; the table has it. */
const SMALLEST_LABELLED_PERCENT = 5;

const DASHES: Readonly<Record<Tonality, readonly number[] | undefined>> = { positiv: undefined, skeptisk: [1.5, 2], negativ: [5, 2.5] };

export function barsHeight(bars: readonly ShareBar[]): number {
  return LEGEND_HEIGHT + bars.length * BAR_ROW + AXIS_HEIGHT;
}

/** Stacked bars, one for each row. */
export function drawBars(canvas: Canvas, { left, top, width }: Place, bars: readonly ShareBar[]): void {
  const plot = axes(canvas, { left, top, width }, bars.map(({ name }) => name), bars.length * BAR_ROW, LEGEND_HEIGHT);
  legend(canvas, left, top, (tonality, x, y) => swatch(canvas, tonality, x, y, 18, 9));
  bars.forEach(({ name, percents, exactPercents }, row) => {
    const y = plot.top + row * BAR_ROW + (BAR_ROW - BAR_HEIGHT) / 2;
    canvas.text(shortened(canvas, name), plot.left - 6, y + 2.5, CHART, 'right');
    let x = plot.left;
    for (const tonality of TONALITIES) {
      const length = (exactPercents[tonality] / 100) * plot.width;
      if (length > 0) swatch(canvas, tonality, x, y, length, BAR_HEIGHT);
      if (percents[tonality] >= SMALLEST_LABELLED_PERCENT) {
        const label = String(percents[tonality]);
        const half = canvas.textWidth(label, BOLD_CHART) / 2 + 2.5;
        canvas.rectangle(x + length / 2 - half, y + 1.5, 2 * half, BAR_HEIGHT - 3, PAPER);
        canvas.text(label, x + length / 2, y + 2.4, BOLD_CHART, 'center');
      }
      x += length;
      // A gap between neighbours.
      if (length > 0) canvas.line([[x, y], [x, y + BAR_HEIGHT]], { colour: PAPER, width: 1 });
    }
  });
}

/** An area of a tonality, with the pattern that tells it apart without its colour. */
function swatch(canvas: Canvas, tonality: Tonality, x: number, y: number, width: number, height: number): void {
  canvas.rectangle(x, y, width, height, COLOURS[tonality]);
  if (tonality === 'positiv') return;
  canvas.clipped(x, y, width, height, () => {
    if (tonality === 'skeptisk') {
      for (let offset = -height; offset < width; offset += 5) canvas.line([[x + offset, y + height], [x + offset + height, y]], { colour: PAPER, width: 0.8 });
    } else {
      for (let column = 0; column * 4 < width; column++) {
        for (let dot = y + 2 + (column % 2) * 2; dot < y + height; dot += 4) canvas.circle(x + 2 + column * 4, dot, 0.7, PAPER);
      }
    }
  });
}

function legend(canvas: Canvas, left: number, top: number, sign: (tonality: Tonality, x: number, y: number) => void): void {
  let x = left;
  for (const tonality of TONALITIES) {
    sign(tonality, x, top + 1);
    canvas.text(TONALITY_NAMES[tonality], x + 23, top, CHART);
    x += 23 + canvas.textWidth(TONALITY_NAMES[tonality], CHART) + 18;
  }
}

interface Plot extends Place {
  readonly height: number;
}

/** Names at the left, percents below: gives what is left for the values. */
function axes(canvas: Canvas, { left, top, width }: Place, names: readonly string[], height: number, above: number): Plot {
  const widest = Math.max(...names.map((name) => canvas.textWidth(shortened(canvas, name), CHART)));
  const plot = { left: left + widest + 8, top: top + above, width: width - widest - 24, height };
  for (const percent of [0, 25, 50, 75, 100]) {
    const x = plot.left + (percent / 100) * plot.width;
    canvas.line([[x, plot.top], [x, plot.top + height]], { colour: LINE, width: 0.6 });
    canvas.text(formatPercent(percent), x, plot.top + height + 3, AXIS, 'center');
  }
  return plot;
}

function shortened(canvas: Canvas, name: string): string {
  if (canvas.textWidth(name, CHART) <= WIDEST_NAME) return name;
  let length = name.length;
  while (length > 1 && canvas.textWidth(`${name.slice(0, length)}…`, CHART) > WIDEST_NAME) length--;
  return `${name.slice(0, length)}…`;
}

const TREND_COLUMNS = 3;
const TREND_HEIGHT = 82;
const TREND_ROW = TREND_HEIGHT + 44;

export function trendsHeight(trends: readonly Trend[]): number {
  return LEGEND_HEIGHT + Math.ceil(trends.length / TREND_COLUMNS) * TREND_ROW;
}

/** A small picture for each subject, with one line for each tonality. */
export function drawTrends(canvas: Canvas, { left, top, width }: Place, trends: readonly Trend[], periods: readonly string[]): void {
  legend(canvas, left, top, (tonality, x, y) => {
    canvas.line([[x, y + 4], [x + 18, y + 4]], { colour: COLOURS[tonality], width: 1.5, ...dashOf(tonality) });
    mark(canvas, tonality, x + 9, y + 4);
  });
  const gap = 30;
  const each = (width - gap * TREND_COLUMNS) / TREND_COLUMNS;
  trends.forEach((trend, index) => {
    const plot = {
      left: left + 26 + (index % TREND_COLUMNS) * (each + gap),
      top: top + LEGEND_HEIGHT + 16 + Math.floor(index / TREND_COLUMNS) * TREND_ROW,
      width: each,
      height: TREND_HEIGHT,
    };
    drawTrend(canvas, plot, trend, periods);
  });
}

function drawTrend(canvas: Canvas, { left, top, width, height }: Plot, { name, points }: Trend, periods: readonly string[]): void {
  canvas.text(name, left - 24, top - 15, BOLD_CHART);
  const yOf = (percent: number): number => top + height * (1 - percent / 100);
  const xOf = (period: number): number => left + 6 + (periods.length < 2 ? 0.5 : period / (periods.length - 1)) * (width - 12);
  for (const percent of [0, 50, 100]) {
    canvas.line([[left, yOf(percent)], [left + width, yOf(percent)]], { colour: LINE, width: 0.6 });
    canvas.text(formatPercent(percent), left - 4, yOf(percent) - 4, AXIS, 'right');
  }
  // As many names below as have room beside each other, the last one always.
  const widest = Math.max(...periods.map((period) => canvas.textWidth(period, AXIS))) + 6;
  const step = Math.max(1, Math.ceil((periods.length * widest) / width));
  for (let period = periods.length - 1; period >= 0; period -= step) canvas.text(periods[period]!, xOf(period), top + height + 4, AXIS, 'center');
  for (const tonality of TONALITIES) {
    for (const run of runsOf(points.map((point) => point?.[tonality] ?? null))) {
      const line = run.map(([period, percent]) => [xOf(period), yOf(percent)] as const);
      canvas.line(line, { colour: COLOURS[tonality], width: 1.3, ...dashOf(tonality) });
      for (const [x, y] of line) mark(canvas, tonality, x, y);
    }
  }
}

function dashOf(tonality: Tonality): { readonly dash?: readonly number[] } {
  const dash = DASHES[tonality];
  return dash === undefined ? {} : { dash };
}

/** The stretches without a gap, each with its places. */
function runsOf(values: readonly (number | null)[]): (readonly [index: number, value: number])[][] {
  const runs: (readonly [number, number])[][] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    if (index === 0 || values[index - 1] === null) runs.push([]);
    runs.at(-1)!.push([index, value]);
  });
  return runs;
}

/** The sign of a tonality: a circle, a square or a triangle. */
function mark(canvas: Canvas, tonality: Tonality, x: number, y: number): void {
  const colour = COLOURS[tonality];
  if (tonality === 'positiv') canvas.circle(x, y, 2.4, colour);
  else if (tonality === 'skeptisk') canvas.rectangle(x - 2.2, y - 2.2, 4.4, 4.4, colour);
  else canvas.polygon([[x - 2.8, y + 2.2], [x + 2.8, y + 2.2], [x, y - 2.8]], colour);
}

export function dotsHeight(dots: readonly Dot[]): number {
  return LEGEND_HEIGHT + dots.length * DOT_ROW + AXIS_HEIGHT;
}

/** Values with their intervals, one a row, with a line at the median. */
export function drawDots(canvas: Canvas, { left, top, width }: Place, dots: readonly Dot[], median: number): void {
  const plot = axes(canvas, { left, top, width }, dots.map(({ name }) => name), dots.length * DOT_ROW, LEGEND_HEIGHT);
  const xOf = (percent: number): number => plot.left + (percent / 100) * plot.width;
  canvas.line([[xOf(median), plot.top - 4], [xOf(median), plot.top + plot.height]], { colour: QUIET, width: 1, dash: [3, 2] });
  canvas.text(`Median ${formatPercent(median)}`, xOf(median), top + 2, AXIS, 'center');
  dots.forEach(({ name, value, low, high, isChosen }, row) => {
    const y = plot.top + (row + 0.5) * DOT_ROW;
    canvas.text(shortened(canvas, name), plot.left - 6, y - 4.5, isChosen ? BOLD_CHART : CHART, 'right');
    canvas.line([[xOf(low), y], [xOf(high), y]], { colour: COLOURS.positiv, width: 1.6 });
    for (const end of [low, high]) canvas.line([[xOf(end), y - 2], [xOf(end), y + 2]], { colour: COLOURS.positiv, width: 1 });
    const x = xOf(value);
    if (isChosen) canvas.polygon([[x - 5, y], [x, y - 5], [x + 5, y], [x, y + 5]], COLOURS.positiv, INK);
    else canvas.circle(x, y, 3, COLOURS.positiv, PAPER);
  });
}
