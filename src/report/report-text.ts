import { TONALITIES } from '../classification/labels.js';
import type { Report } from './report.js';
import { TONALITY_NAMES, formatCount, formatInterval, formatPercent, periodName } from './swedish.js';

/* What a report says around its tables, in Swedish. */

export function reportTitle({ scope }: Report): string {
  return `Vad medborgarna tycker: ${scope.municipality === null ? 'alla kommuner' : scope.municipality.name}`;
}

/** `2018 till 2020`. */
export function spanName({ scope: { periods } }: Report): string {
  const [first, last] = [periods[0] ?? '', periods.at(-1) ?? ''];
  return first === last ? periodName(first) : `${periodName(first)} till ${periodName(last)}`;
}

/** One line below the title. */
export function reportSubtitle(report: Report): string {
  return `Kommentarer efter samtal med kontaktcenter, ${spanName(report)}.`;
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A figure with its name and what it is of. */
export interface KeyFigure {
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

/** What a reader wants to know first, of the last period. */
export function keyFigures({ totals, participation }: Report): KeyFigure[] {
  const last = totals.at(-1);
  if (last === undefined) return [];
  const { shares } = last;
  const rate = participation.find(({ period, municipality }) => period === last.period && municipality === null)?.rate ?? null;
  return [
    { name: 'Kommentarer', value: last.comments === null ? 'visas ej' : formatCount(last.comments), note: periodName(last.period) },
    ...(shares === null
      ? []
      : TONALITIES.map((tonality) => {
          const { percent, interval } = shares[tonality];
          return { name: TONALITY_NAMES[tonality], value: formatPercent(percent), note: `${formatInterval(interval.low, interval.high, 1)} %` };
        })),
    ...(rate === null ? [] : [{ name: 'Svarsfrekvens', value: formatPercent(rate.percent), note: 'av de tillfrågade' }]),
  ];
}

/** A term of the report and what it means. */
export interface Definition {
  readonly term: string;
  readonly meaning: string;
}

/** How the figures of a report are made. */
export function definitions({ scope: { threshold }, indexes }: Report): Definition[] {
  return [
    {
      term: 'Tonalitet',
      meaning: 'Varje kommentar har en tonalitet som en språkmodell har bedömt av orden, eller en människa har rättat. En kommentar kan handla om flera områden och räknas då i vart och ett.',
    },
    {
      term: 'Avrundning',
      meaning: 'Varje andel är avrundad för sig till hela procent. Summan kan därför bli 99 eller 101. Förändringar är räknade på oavrundade andelar.',
    },
    {
      term: 'Osäkerhet',
      meaning:
        'Konfidensintervallen är 95 % (Wilson). En förändring är säkerställd när den är det på 5 % nivå för hela tabellen tillsammans (Holms metod), så att högst en tabell av tjugo innehåller någon falsk markering. Andelar prövas som två proportioner, medelbetyg med Welchs t-test.',
    },
    {
      term: 'Små grupper',
      meaning: `Grupper med färre än ${threshold} kommentarer visas inte, och inte heller de grupper som en sådan skulle kunna räknas fram ur. Samma grupper är dolda i alla rapporter, oavsett urval av kommun och period.`,
    },
    ...(indexes.length === 0
      ? []
      : [
          {
            term: 'Nöjdhetsindex',
            meaning: 'Medelvärdet av frågorna med betygsskala, omräknade till 0–100 som i Nöjd-Kund-Index (Fornell 1992) men med lika vikt för alla frågor. Det är alltså inte NKI.',
          },
        ]),
    { term: 'Kvartiler', meaning: 'Interpolerade mellan grannvärden, som KVARTIL.INK i Excel.' },
  ];
}
