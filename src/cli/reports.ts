import type { NoTonalityReason, Verdict } from '../classification/verdict.js';
import type { RecordingResult } from '../tonalitet.js';
import { TONALITIES } from '../classification/labels.js';

const REASONS: Readonly<Record<NoTonalityReason, string>> = {
  no_speech: 'no speech was found',
  no_text: 'there are no words',
  no_opinion: 'nothing is judged',
};

/** A recording's result for people to read. The labels stay Swedish. */
export function recordingReport(name: string, result: RecordingResult): string {
  const { durationS, timings } = result;
  const lines = [
    name,
    ...field('text', result.text === '' ? [] : [`“${result.text}”`]),
    ...field('tonality', [tonalityLine(result)]),
    ...field('areas', result.areas.map(({ area, tonality, probability }) => `${area}: ${tonality} (${percent(probability)})`)),
    ...field('services', result.services),
    ...field('audio', [`${durationS.toFixed(1)} s, done in ${timings.totalS.toFixed(2)} s (real-time factor ${(timings.totalS / durationS).toFixed(3)})`]),
  ];
  return lines.join('\n');
}

/** A text's verdict for people to read, in one line with tabs between its parts; the text itself is the last. */
export function verdictLine(verdict: Verdict, text: string): string {
  const tonality = verdict.tonality ?? `(${verdict.reason ?? ''})`;
  const probability = verdict.tonality === null || verdict.probabilities === null ? '' : percent(verdict.probabilities[verdict.tonality]);
  const areas = verdict.areas.map((area) => `${area.area}:${area.tonality}`).join(',');
  return [tonality, probability, areas, text.replace(/\s+/gu, ' ')].join('\t');
}

function tonalityLine({ tonality, reason, probabilities, uncertain }: Verdict): string {
  const shares = probabilities === null ? '' : TONALITIES.map((name) => `${name} ${percent(probabilities[name])}`).join(', ');
  if (tonality === null) return `none: ${reason === null ? '' : REASONS[reason]}`;
  return `${tonality}${uncertain ? ', uncertain' : ''} (${shares})`;
}

function field(name: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`  ${name.padEnd(9)} ${values.join(', ')}`];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
