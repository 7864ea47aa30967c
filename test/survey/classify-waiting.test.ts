import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TonalitetError } from '../../src/errors.js';
import { redact } from '../../src/redaction/redact.js';
import { classifyWaiting } from '../../src/survey/classify-waiting.js';
import type { CommentJudge } from '../../src/survey/classify-waiting.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import { redacted, response, verdict } from './make-responses.js';

let folder: string;
let store: SqliteStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tonalitet-waiting-'));
  store = await SqliteStore.open(join(folder, 'a.db'), { create: true });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** Hears the path of a recording in it, and finds everything negative; `fails` says which tries do. */
function judge(fails: (what: string, attempt: number) => string | undefined = () => undefined): CommentJudge & { readonly tries: string[] } {
  const tries: string[] = [];
  const attempt = (what: string): void => {
    tries.push(what);
    const code = fails(what, tries.filter((one) => one === what).length);
    if (code !== undefined) throw new TonalitetError(code as 'INFERENCE_FAILED', 'no');
  };
  return {
    tries,
    judgeText: async (text) => {
      attempt(text);
      return verdict({ tonality: 'negativ' });
    },
    judgeRecording: async (path) => {
      attempt(path);
      return { text: `Jag heter Anna Svensson och ringde om ${path}.`, verdict: verdict({ tonality: 'negativ', confidence: 0.5 }) };
    },
  };
}

async function addWaiting(...recordings: string[]): Promise<void> {
  await store.add(recordings.map((recording) => response(recording, { comment: { state: 'pending', recording, text: null, verdict: null } })));
}

describe('classifyWaiting', () => {
  it('judges texts, and hears recordings, whose words are redacted before they are kept', async () => {
    await addWaiting('a.wav');
    await store.add([response('b', { comment: { state: 'pending', recording: null, text: redacted('Det tog tid.'), verdict: null } })]);
    expect(await classifyWaiting({ store, judge: judge(), redact, concurrency: 2 })).toEqual({ classified: 2, postponed: 0, failed: 0 });
    expect((await store.find('a.wav'))?.comment).toMatchObject({ state: 'classified', text: 'Jag heter [namn] och ringde om a.wav.', verdict: { confidence: 0.5 } });
    expect((await store.find('b'))?.comment).toMatchObject({ state: 'classified', text: 'Det tog tid.', verdict: { tonality: 'negativ' } });
  });

  it('tries again what may mend itself, and gives up at once what cannot', async () => {
    await addWaiting('once.wav', 'broken.wav');
    const failing = judge((what, attempt) => (what === 'broken.wav' ? 'AUDIO_INVALID' : attempt === 1 ? 'WORKER_CRASHED' : undefined));
    expect(await classifyWaiting({ store, judge: failing, redact, concurrency: 2 })).toEqual({ classified: 1, postponed: 1, failed: 1 });
    expect(failing.tries.sort()).toEqual(['broken.wav', 'once.wav', 'once.wav']);
    expect(await store.deadLetters(5)).toMatchObject([{ id: 'broken.wav', reason: 'AUDIO_INVALID', attempts: 1 }]);
  });

  it('gives up a comment at which process after process ended', async () => {
    await addWaiting('deadly.wav');
    const long = new Date(0);
    for (let time = 0; time < 4; time++) expect(await store.claim(1, new Date(time), long)).toHaveLength(1);
    const untouched = judge();
    expect(await classifyWaiting({ store, judge: untouched, redact, concurrency: 1 })).toEqual({ classified: 0, postponed: 0, failed: 1 });
    expect(untouched.tries).toEqual([]);
    expect(await store.deadLetters(5)).toMatchObject([{ reason: 'WORKER_CRASHED' }]);
  });

  it('stops where the models are at fault, and leaves the comments untried', async () => {
    await addWaiting('a.wav', 'b.wav');
    await expect(classifyWaiting({ store, judge: judge(() => 'MODEL_MISSING'), redact, concurrency: 2 })).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    expect(await store.claim(5, new Date(), new Date())).toMatchObject([{ attempts: 1 }, { attempts: 1 }]);
  });

  it('stops at the signal, with what was done kept', async () => {
    await addWaiting('a.wav', 'b.wav', 'c.wav');
    const controller = new AbortController();
    const done = classifyWaiting({ store, judge: judge(), redact, concurrency: 1, signal: controller.signal, onProgress: () => controller.abort() });
    await expect(done).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await store.backlog()).toMatchObject({ waiting: 2 });
  });
});
