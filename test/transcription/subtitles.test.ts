import { expect, it } from 'vitest';
import { cues, srtCue, vttCue } from '../../src/transcription/subtitles.js';

const segment = { start: 3_661.0004, end: 3_725.9996, text: 'Mer <än> & --> så', confidence: 1 };

it('writes SubRip cues', () => {
  expect(srtCue(segment, 3)).toBe('3\n01:01:01,000 --> 01:02:06,000\nMer <än> & --> så\n');
});

it('writes WebVTT cues, in which no text is taken for markup or for an arrow', () => {
  expect(vttCue({ ...segment, start: 0, end: 0.05 })).toBe('00:00:00.000 --> 00:00:00.050\nMer &lt;än&gt; &amp; --&gt; så\n');
});

it('has a cue for each word where there are words, each of which lasts', () => {
  const words = [
    { word: 'Mer', start: 1, end: 1.2, confidence: 1 },
    { word: 'än', start: 1.2, end: 1.2, confidence: 1 },
  ];
  expect(cues({ ...segment, words }).map((cue, i) => srtCue(cue, i + 1))).toEqual(['1\n00:00:01,000 --> 00:00:01,200\nMer\n', '2\n00:00:01,200 --> 00:00:01,201\nän\n']);
  expect(cues(segment)).toEqual([segment]);
});
