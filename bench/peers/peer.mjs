/**
 * Runs a peer in Node, or this project itself, for run.mjs: one JSON line with clips in ({"clips": [wav paths]}), one with texts and seconds out.
 *
 *   node peer.mjs sherpa-onnx|transformers.js|tonalitet|tonalitet-together WEIGHTS THREADS
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [, , name, weights, threadsText] = process.argv;
const threads = Number(threadsText);

/** Mono samples of a 16-bit PCM WAV file at 16 kHz, as speech.py writes them. */
function readWav(path) {
  const bytes = readFileSync(path);
  const at = bytes.indexOf('data') + 8;
  const samples = new Float32Array((bytes.length - at) >> 1);
  for (let i = 0; i < samples.length; i += 1) samples[i] = bytes.readInt16LE(at + 2 * i) / 32_768;
  return samples;
}

async function sherpa() {
  const { OfflineRecognizer } = (await import('sherpa-onnx-node')).default;
  const whisper = { encoder: `${weights}/sherpa/encoder.int8.onnx`, decoder: `${weights}/sherpa/decoder.int8.onnx`, language: 'sv', task: 'transcribe' };
  const recognizer = new OfflineRecognizer({ modelConfig: { whisper, tokens: `${weights}/sherpa/tokens.txt`, numThreads: threads, provider: 'cpu', debug: 0 } });
  return async (clips) => {
    const texts = [];
    for (const samples of clips.map(readWav)) {
      const stream = recognizer.createStream();
      stream.acceptWaveform({ sampleRate: 16_000, samples });
      recognizer.decode(stream);
      texts.push(recognizer.getResult(stream).text.trim());
    }
    return texts;
  };
}

async function transformersJs() {
  const { pipeline, env } = await import('@huggingface/transformers');
  env.allowRemoteModels = false;
  env.localModelPath = `${weights}/`;
  const options = { dtype: 'q8', device: 'cpu', session_options: { intraOpNumThreads: threads } };
  const recognizer = await pipeline('automatic-speech-recognition', 'hub', options);
  return async (clips) => {
    const texts = [];
    for (const samples of clips.map(readWav)) texts.push((await recognizer(samples, { language: 'swedish', task: 'transcribe' })).text.trim());
    return texts;
  };
}

/** The whole of `classify`: decoding, finding speech, recognition, tonality. Together: all clips at once, as many calls arrive. */
async function tonalitet(together) {
  const { createTonalitet } = await import('../../dist/index.js');
  const own = await createTonalitet({ threads });
  return async (clips) => {
    if (together) return (await Promise.all(clips.map((clip) => own.classifyFile(clip)))).map(({ text }) => text);
    const texts = [];
    for (const clip of clips) texts.push((await own.classifyFile(clip)).text);
    return texts;
  };
}

const make = { 'sherpa-onnx': sherpa, 'transformers.js': transformersJs, tonalitet: () => tonalitet(false), 'tonalitet-together': () => tonalitet(true) }[name];
const hear = await make();
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const { clips } = JSON.parse(line);
  const startMs = performance.now();
  const texts = await hear(clips);
  process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - startMs) / 1_000, texts })}\n`);
}
process.exit(0);
