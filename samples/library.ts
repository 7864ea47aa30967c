// The library's example in the README. It is compiled with everything else, so that it stays true.
import { createTonalitet } from 'tonalitet';

await using tonalitet = await createTonalitet();

const { text, tonality, probabilities, areas } = await tonalitet.classifyFile('samples/01-vaxel-positiv.wav');
console.log(text, tonality, probabilities?.positiv, areas);

for await (const { start, end, text } of tonalitet.transcribe('samples/02-telefonko-negativ.wav', { signal: AbortSignal.timeout(60_000) })) {
  console.log(`${start.toFixed(1)}-${end.toFixed(1)} s: ${text}`);
}

const verdict = await tonalitet.classifyText('Hon var trevlig, men vi får väl se om det blir något av det.');
console.log(verdict.tonality ?? verdict.reason);
