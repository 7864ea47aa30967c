import { spawnSync } from 'node:child_process';
import type { Noise } from './noises.js';

/** Whether sox is there to make sounds with; without it, tests of them are left out. */
export const hasSox: boolean = spawnSync('sox', ['--version']).status === 0;

const LEVELS_DB = [-6, -20, -34];

/** How each sound is made: sox's arguments after the output's. */
const SOUNDS: Readonly<Record<string, readonly string[]>> = {
  'plucked chord': ['synth', '6', 'pluck', 'C3', 'pluck', 'E3', 'pluck', 'G3', 'remix', '-'],
  'plucked notes, one after the other': ['synth', '0.4', 'pluck', 'A3', 'repeat', '14', 'tremolo', '2', '60'],
  'organ with reverberation': ['synth', '7', 'sine', '220', 'sine', '277', 'sine', '330', 'sine', '440', 'remix', '-', 'reverb', '60'],
  'strings that swell': ['synth', '7', 'sawtooth', '196', 'sawtooth', '247', 'sawtooth', '294', 'remix', '-', 'lowpass', '1800', 'tremolo', '0.3', '70'],
  'hold tone': ['synth', '0.4', 'sine', '950', 'pad', '0', '4.6', 'repeat', '1'],
  'three rising tones': ['synth', '0.33', 'sine', '950', 'pad', '0', '0.03', 'repeat', '2', 'pad', '0', '1'],
  siren: ['synth', '6', 'sine', '600:1200', 'tremolo', '0.7', '30'],
  'glide from low to high': ['synth', '6', 'square', '120:900', 'lowpass', '2500'],
  'brown noise with gusts': ['synth', '8', 'brownnoise', 'tremolo', '0.8', '90'],
  'pink noise in bursts': ['synth', '6', 'pinknoise', 'tremolo', '5', '100'],
  'band of noise where voices are': ['synth', '6', 'whitenoise', 'sinc', '300-3000'],
  'noise through a moving filter': ['synth', '6', 'pinknoise', 'phaser', '0.8', '0.74', '3', '0.4', '0.5', '-t'],
  'ringing far away': ['synth', '1', 'sine', '425', 'pad', '0', '3', 'repeat', '1', 'reverb', '80', 'lowpass', '1000'],
  'engine': ['synth', '6', 'sawtooth', '42', 'brownnoise', 'remix', '-', 'tremolo', '11', '40', 'lowpass', '600'],
  'drum': ['synth', '0.12', 'brownnoise', 'fade', 't', '0.001', '0.12', '0.11', 'pad', '0', '0.38', 'repeat', '11', 'lowpass', '400'],
};

/** 45 recordings without a word: music and noises made by sox, each at three levels, by telephone. @throws Error if sox fails */
export function soxRecordings(): Noise[] {
  return Object.entries(SOUNDS).flatMap(([name, effects]) =>
    LEVELS_DB.map((level) => ({ name: `${name} ${level} dB`, samples: make([...effects, 'norm', String(level), 'rate', '8000', 'rate', '16000']) })),
  );
}

function make(effects: readonly string[]): Float32Array {
  // -R: the same noise at every run.
  const args = ['-R', '-n', '-r', '16000', '-c', '1', '-t', 'raw', '-e', 'floating-point', '-b', '32', '-', ...effects];
  const { status, stdout, stderr } = spawnSync('sox', args, { maxBuffer: 2 ** 24 });
  if (status !== 0) throw new Error(`expected sox to make a sound, got exit code ${status}: ${stderr.toString()}`);
  return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
}
