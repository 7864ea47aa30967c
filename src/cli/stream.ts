import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import { decodeAudio } from '../audio/decode.js';
import { MODEL_SAMPLE_RATE_HZ } from '../audio/pcm.js';
import { StreamClient } from '../client/index.js';
import { toL16 } from '../client/l16.js';
import type { CliContext } from './context.js';

/** A frame of this length is sent at a time, as telephony does. */
const FRAME_S = 0.02;

/** The longest file that is streamed, in seconds; the server has a limit of its own. */
const MAX_DURATION_S = 43_200;

const EXAMPLES = `
Examples:
  $ tonalitet stream comment.wav
  $ tonalitet stream comment.wav --url wss://tal.example:8380 --json
  $ TONALITET_TOKEN=tnl_… tonalitet stream comment.wav --fast

Sends a recording to a server as a call would, at the pace of speech, and prints finals and tonality as they come.`;

interface StreamFlags {
  readonly url: string;
  readonly token?: string;
  readonly json?: boolean;
  readonly fast?: boolean;
  readonly ffmpeg: string;
}

export function registerStream(program: Command, context: CliContext): void {
  program
    .command('stream')
    .description('send a recording to a server as a live call')
    .argument('<file>', 'WAV, or what ffmpeg reads')
    .option('--url <address>', 'the server', 'ws://127.0.0.1:8380')
    .addOption(new Option('--token <token>', "the server's token; better as a variable, as flags can be seen by other users").env('TONALITET_TOKEN'))
    .option('--json', 'print each message of the server as a line of JSON')
    .option('--fast', 'send as fast as the server takes it, and not at the pace of speech')
    .option('--ffmpeg <program>', 'the ffmpeg program, for everything that is not WAV', 'ffmpeg')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, flags: StreamFlags) => stream(file, flags, context));
}

async function stream(file: string, { url, token, json, fast, ffmpeg }: StreamFlags, context: CliContext): Promise<void> {
  const { signal, output } = context;
  const audio = decodeAudio({ kind: 'file', path: file }, { maxDurationS: MAX_DURATION_S, ffmpegPath: ffmpeg, signal });
  // Before anything is sent: a file that cannot be read is no call.
  const first = await audio.next();
  const client = await StreamClient.connect({ url, token, encoding: 'l16', sampleRateHz: MODEL_SAMPLE_RATE_HZ });
  const printed = (async () => {
    for await (const message of client) {
      if (json === true) await output.line(JSON.stringify(message));
      else if (message.type === 'result' && message.is_final && message.text !== '') await output.line(message.text);
      else if (message.type === 'ended') await output.line(`tonality: ${message.comments.map(({ tonality, reason }) => tonality ?? reason ?? 'unknown').join(', ')}`);
    }
  })();
  // Its failure is the call's, which is told below.
  printed.catch(() => undefined);
  const startedMs = performance.now();
  let sentS = 0;
  for (let next = first; next.done !== true; next = await audio.next()) {
    const frame = FRAME_S * MODEL_SAMPLE_RATE_HZ;
    for (let start = 0; start < next.value.length; start += frame) {
      const samples = next.value.subarray(start, start + frame);
      await client.write(toL16(samples));
      sentS += samples.length / MODEL_SAMPLE_RATE_HZ;
      const aheadMs = sentS * 1_000 - (performance.now() - startedMs);
      if (fast !== true && aheadMs > 0) await sleep(aheadMs, undefined, { signal });
    }
  }
  await client.end();
  await printed;
}
