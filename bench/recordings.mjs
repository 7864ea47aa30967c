/** Reading test recordings with their texts, and loading the models, for the programs in this folder. They run against dist/: build first. */
import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { decodeAudio } from '../dist/audio/decode.js';
import { findModel, readManifest, resolveModelsDir } from '../dist/inference/manifest.js';
import { verifyModel, verifiedPath } from '../dist/inference/verification.js';
import { Transcriber } from '../dist/transcription/transcriber.js';
import { SileroVad, VAD_FILE } from '../dist/vad/silero-vad.js';
import { SpeechFinder } from '../dist/vad/speech-finder.js';

/** A recording as mono samples at 16 kHz. */
export async function readSamples(path) {
  const chunks = [];
  for await (const chunk of decodeAudio({ kind: 'file', path }, { maxDurationS: 7_200, ffmpegPath: 'ffmpeg' })) chunks.push(chunk);
  return joined(chunks);
}

/** Chunks as one array. */
export function joined(chunks) {
  const samples = new Float32Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    samples.set(chunk, offset);
    offset += chunk.length;
  }
  return samples;
}

/**
 * The recordings of a folder with their texts, from `manifest.jsonl` (file, text), a list (`file|text`, in a file given or found as
 * *.txt with a bar in it), or one text file beside each recording.
 *
 * @returns {Promise<{ path: string, text: string }[]>}
 */
export async function listRecordings(folder, field = 'file') {
  const names = await readdir(folder);
  if (names.includes('manifest.jsonl')) {
    const lines = (await readFile(join(folder, 'manifest.jsonl'), 'utf8')).split('\n').filter((line) => line.trim() !== '');
    return lines.map((line) => JSON.parse(line)).map((entry) => ({ path: resolve(folder, entry[field]), text: entry.text }));
  }
  for (const name of names.filter((each) => each.endsWith('.txt'))) {
    const lines = (await readFile(join(folder, name), 'utf8')).split('\n').filter((line) => line.includes('|'));
    if (lines.length === 0) continue;
    return lines.map((line) => {
      const [file, text] = line.trim().split('|');
      return { path: join(folder, names.includes(file) ? file : `${file}.wav`), text };
    });
  }
  const wavs = names.filter((name) => name.endsWith('.wav')).sort();
  return Promise.all(wavs.map(async (name) => ({ path: join(folder, name), text: await readFile(join(folder, name.replace(/\.wav$/, '.txt')), 'utf8') })));
}

/** Loads what turns speech into text. @param options the transcriber's; `modelsDir` and `speechModel` beside them. */
export async function loadSpeech({ modelsDir, speechModel, ...options } = {}) {
  const manifest = await readManifest(resolveModelsDir(modelsDir));
  const speech = await verifyModel(manifest, findModel(manifest, 'speech', speechModel));
  const vad = await verifyModel(manifest, findModel(manifest, 'vad'));
  return {
    model: `${speech.model.name} ${speech.model.version}`,
    transcriber: await Transcriber.load(speech, options),
    vad: await SileroVad.load(verifiedPath(vad, VAD_FILE)),
  };
}

/** The stretches of speech in a recording. */
export async function findSpeech(vad, samples, options = {}) {
  const finder = new SpeechFinder(vad.openStream(), options);
  const found = [...(await finder.push(samples)), ...finder.flush()];
  return found.filter((event) => event.kind === 'end');
}

/**
 * The texts of many recordings, all their stretches recognised together: in batches, which is several times as fast as one recording
 * after the other. A word here and there may differ from that.
 *
 * @param {{ samples: Float32Array }[][]} recordings the stretches of each.
 */
export async function textsOf(transcriber, recordings) {
  const transcripts = (await transcriber.recognise(recordings.flat())).values();
  return recordings.map((stretches) => stretches.map(() => transcripts.next().value.text).join(' ').trim());
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}
