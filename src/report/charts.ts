import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import type { EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { TONALITIES } from '../classification/labels.js';
import type { Tonality } from '../classification/labels.js';
import { TONALITY_NAMES, formatPercent } from './swedish.js';

use([BarChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, AriaComponent, SVGRenderer]);

/** Shares under a name: whole percents to read, and exact ones for the lengths, which fill the bar. */
export interface ShareBar {
  readonly name: string;
  readonly percents: Readonly<Record<Tonality, number>>;
  readonly exactPercents: Readonly<Record<Tonality, number>>;
}

/** Shares over periods; `null` where a period has none. */
export interface Trend {
  readonly name: string;
  readonly points: readonly (Readonly<Record<Tonality, number>> | null)[];
}

/** A value with its interval, in percent. */
export interface Dot {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly isChosen: boolean;
}

/**
 * ECharts computes with colours, so it gets real ones; in the picture each becomes the style sheet's variable, and the picture
 * follows the page from light to dark. No two are alike, and none is a colour that ECharts uses by itself.
 */
const INK = '#010203';
const QUIET = '#020304';
const LINE = '#030405';
const PAPER = '#040506';
const COLOURS: Readonly<Record<Tonality, string>> = { positiv: '#050607', skeptisk: '#060708', negativ: '#070809' };
const DECAL = '#08090a';
const VARIABLES: Readonly<Record<string, string>> = {
  [INK]: '--ink',
  [QUIET]: '--quiet',
  [LINE]: '--line',
  [PAPER]: '--paper',
  [DECAL]: '--decal',
  [COLOURS.positiv]: '--positiv',
  [COLOURS.skeptisk]: '--skeptisk',
  [COLOURS.negativ]: '--negativ',
};

const FONT = 'system-ui, sans-serif';
const TEXT = { color: INK, fontFamily: FONT, fontSize: 13 } as const;
const QUIET_TEXT = { color: QUIET, fontFamily: FONT, fontSize: 12 } as const;

/** What tells the tonalities apart besides colour: a pattern in bars, a shape and a dash in lines. */
const DECALS = {
  positiv: { symbol: 'none' },
  skeptisk: { symbol: 'rect', color: DECAL, dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 },
  negativ: { symbol: 'circle', color: DECAL, symbolSize: 0.7, dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0] },
} as const;
const SYMBOLS: Readonly<Record<Tonality, string>> = { positiv: 'circle', skeptisk: 'rect', negativ: 'triangle' };
const DASHES: Readonly<Record<Tonality, 'solid' | 'dashed' | 'dotted'>> = { positiv: 'solid', skeptisk: 'dotted', negativ: 'dashed' };

/** Shares below it have no room for their number in the bar; the table has it. */
const SMALLEST_LABELLED_PERCENT = 5;

const WIDTH_PX = 840;

const legend = { top: 0, left: 0, itemGap: 24, itemWidth: 26, itemHeight: 14, textStyle: TEXT, selectedMode: false } as const;
/** The plot with the names beside it fills the picture. */
const plot = { left: 16, right: 24, top: 40, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' } as const;
const percentAxis = {
  type: 'value',
  min: 0,
  max: 100,
  interval: 25,
  axisLabel: { ...QUIET_TEXT, formatter: (value: number): string => formatPercent(value) },
  splitLine: { lineStyle: { color: LINE } },
} as const;

/** Stacked bars, one for each row, the first at the top. */
export function shareBars(bars: readonly ShareBar[]): string {
  const rowPx = 40;
  return render(bars.length * rowPx + 76, {
    aria: { enabled: true, label: { enabled: false }, decal: { show: true } },
    legend: { ...legend, data: TONALITIES.map((tonality) => TONALITY_NAMES[tonality]) },
    grid: plot,
    xAxis: percentAxis,
    yAxis: { type: 'category', inverse: true, data: bars.map(({ name }) => name), axisLabel: TEXT, axisTick: { show: false }, axisLine: { show: false } },
    series: TONALITIES.map((tonality) => ({
      type: 'bar',
      name: TONALITY_NAMES[tonality],
      stack: 'shares',
      barWidth: 24,
      itemStyle: { color: COLOURS[tonality], borderColor: PAPER, borderWidth: 1.5, decal: DECALS[tonality] },
      label: {
        show: true,
        ...TEXT,
        fontWeight: 600,
        backgroundColor: PAPER,
        padding: [2, 5],
        borderRadius: 3,
        formatter: ({ dataIndex }: { dataIndex: number }): string => String(bars[dataIndex]!.percents[tonality]),
      },
      data: bars.map(({ percents, exactPercents }) => ({ value: exactPercents[tonality], label: { show: percents[tonality] >= SMALLEST_LABELLED_PERCENT } })),
    })),
  });
}

/** A small picture for each subject, with one line for each tonality. */
export function trendLines(trends: readonly Trend[], periods: readonly string[]): string {
  const columns = Math.max(1, Math.min(3, trends.length));
  const rows = Math.ceil(trends.length / columns);
  const [gapPx, topPx, titlePx, heightPx] = [44, 36, 30, 150];
  const widthPx = (WIDTH_PX - 40 - gapPx * (columns - 1)) / columns;
  const place = (index: number): { left: number; top: number; width: number; height: number } => ({
    left: 38 + (index % columns) * (widthPx + gapPx),
    top: topPx + titlePx + Math.floor(index / columns) * (heightPx + titlePx + 40),
    width: widthPx - 8,
    height: heightPx,
  });
  return render(topPx + rows * (heightPx + titlePx + 40), {
    legend: { ...legend, data: TONALITIES.map((tonality) => ({ name: TONALITY_NAMES[tonality], icon: SYMBOLS[tonality], lineStyle: { type: DASHES[tonality] } })) },
    title: trends.map(({ name }, index) => ({ text: name, left: place(index).left - 30, top: place(index).top - titlePx, textStyle: { ...TEXT, fontWeight: 600 } })),
    grid: trends.map((_, index) => place(index)),
    xAxis: trends.map((_, index) => ({
      type: 'category',
      gridIndex: index,
      data: periods,
      boundaryGap: periods.length < 8,
      axisLabel: { ...QUIET_TEXT, hideOverlap: true },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: LINE } },
    })),
    yAxis: trends.map((_, index) => ({ ...percentAxis, gridIndex: index, interval: 50 })),
    series: trends.flatMap(({ points }, index) =>
      TONALITIES.map((tonality) => ({
        type: 'line',
        name: TONALITY_NAMES[tonality],
        xAxisIndex: index,
        yAxisIndex: index,
        symbol: SYMBOLS[tonality],
        symbolSize: 8,
        showAllSymbol: true,
        itemStyle: { color: COLOURS[tonality] },
        lineStyle: { color: COLOURS[tonality], type: DASHES[tonality], width: 2 },
        data: points.map((point) => point?.[tonality] ?? null),
      })),
    ),
  });
}

/** Values with their intervals, one a row, with a line at the median. */
export function dotPlot(dots: readonly Dot[], median: number): string {
  const rowPx = 26;
  const names = dots.map(({ name }) => name);
  return render(dots.length * rowPx + 84, {
    grid: plot,
    xAxis: percentAxis,
    yAxis: {
      type: 'category',
      inverse: true,
      data: dots.map(({ name, isChosen }) => ({ value: name, textStyle: { ...TEXT, fontWeight: isChosen ? 700 : 400 } })),
      axisLabel: TEXT,
      axisTick: { show: false },
      axisLine: { show: false },
    },
    series: [
      // An interval is a bar on top of one that is not seen.
      { type: 'bar', stack: 'interval', silent: true, itemStyle: { color: 'none' }, data: dots.map(({ low }) => low) },
      { type: 'bar', stack: 'interval', barWidth: 4, itemStyle: { color: COLOURS.positiv, opacity: 0.45 }, data: dots.map(({ low, high }) => high - low) },
      {
        type: 'scatter',
        symbolSize: 11,
        itemStyle: { color: COLOURS.positiv, borderColor: PAPER, borderWidth: 1 },
        data: dots.map(({ name, value, isChosen }) => ({ value: [value, names.indexOf(name)], symbol: isChosen ? 'diamond' : 'circle', symbolSize: isChosen ? 16 : 11 })),
        markLine: {
          symbol: 'none',
          lineStyle: { color: QUIET, type: 'dashed', width: 1.5 },
          label: { ...QUIET_TEXT, position: 'start', distance: 6, formatter: `Median ${formatPercent(median)}` },
          data: [[{ coord: [median, 0], y: 34 }, { coord: [median, dots.length - 1], y: dots.length * rowPx + 48 }]],
        },
      },
    ],
  });
}

/** Draws on the server, and gives the picture as SVG that scales to the width of its place. */
function render(heightPx: number, option: EChartsCoreOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH_PX, height: heightPx });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: FONT }, ...option });
    let svg = chart.renderToSVGString();
    for (const [colour, variable] of Object.entries(VARIABLES)) svg = svg.replaceAll(colour, `var(${variable})`);
    return withoutStyles(svg).replace(/^<svg width="\d+" height="\d+"/, '<svg').replace('<svg ', '<svg aria-hidden="true" focusable="false" ');
  } finally {
    chart.dispose();
  }
}

/** Styles of elements become attributes, which a page may hold whose policy lets in no styles but its own sheet; rules for a pointer go. */
function withoutStyles(svg: string): string {
  return svg
    .replace(/<style[^]*?<\/style>/g, '')
    .replace(/ style="([^"]*)"/g, (_, style: string) =>
      style
        .split(';')
        .map((rule) => /^\s*([\w-]+)\s*:\s*(.+?)\s*$/.exec(rule))
        .map((rule) => (rule === null ? '' : ` ${rule[1]!}="${rule[2]!}"`))
        .join(''),
    );
}
