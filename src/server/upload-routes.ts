import type { IncomingMessage, ServerResponse } from 'node:http';
import { digitJson, segmentJson, timingsJson, verdictJson } from '../comment-json.js';
import { MAX_TEXT_CHARACTERS } from '../engine/speech-engine.js';
import type { RecordingVerdict } from '../pipeline.js';
import { WEBVTT_HEADER, srtCue, vttCue } from '../transcription/subtitles.js';
import { FaultError, httpStatusOf } from './fault.js';
import type { Fault } from './fault.js';
import { isObject } from './fields.js';
import { answer, answerJson, faultHeaders } from './http-answer.js';
import type { Route, RouteContext } from './http-routes.js';
import { Idempotency } from './idempotency.js';
import { receiveUpload } from './multipart.js';
import type { UploadGate, UploadState } from './upload-gate.js';
import { placeWords } from './words.js';

/** A body of texts: the most texts, each as long as may be, in UTF-8 and escaped as JSON. */
const MAX_TEXTS = 64;
const MAX_TEXT_BYTES = 4_194_304;

interface Transcribed {
  readonly result: RecordingVerdict;
  readonly fields: ReadonlyMap<string, string>;
}

/** `POST /v1/comments`, `POST /v1/text`, and OpenAI's `POST /v1/audio/transcriptions`. */
export function uploadRoutes(state: UploadState, gate: UploadGate): Route[] {
  const done = new Idempotency<Transcribed>(state.now);

  const transcribed = async (request: IncomingMessage, response: ServerResponse, { owner, url }: RouteContext): Promise<Transcribed & { replayed: boolean }> =>
    gate.admit(async () => {
      const { maxUploadBytes } = state.settings();
      const gone = new AbortController();
      // A client that hung up waits for nothing.
      response.on('close', () => gone.abort());
      const upload = receiveUpload(request, { maxBytes: maxUploadBytes });
      const work = async (): Promise<{ answer: Transcribed; digest: string }> => {
        const result = await gate.classify(upload, gone.signal);
        const { fields, digest } = await upload.rest;
        return { answer: { result, fields }, digest };
      };
      const digest = async (): Promise<string> => {
        for await (const chunk of upload.file) void chunk;
        return (await upload.rest).digest;
      };
      const { answer: kept, replayed } = await done.once(headerOf(request, 'idempotency-key'), `${owner}\n${url.pathname}`, digest, work);
      return { ...kept, replayed };
    });

  return [
    {
      method: 'POST',
      path: '/v1/comments',
      open: false,
      handle: async (request, response, context) => {
        const { result, replayed } = await transcribed(request, response, context);
        const { durationS, text, timings } = result;
        const heard = { text, segments: result.segments.map(segmentJson), digits: result.digits.map(digitJson) };
        const body = { duration_s: Math.round(durationS * 1_000) / 1_000, ...heard, ...verdictJson(result), timings: timingsJson(timings) };
        answerJson(response, 200, body, replayed ? { 'idempotent-replayed': 'true' } : {});
      },
    },
    {
      method: 'POST',
      path: '/v1/text',
      open: false,
      handle: async (request, response) =>
        gate.admit(async () => {
          const { texts, single } = await readTexts(request);
          const verdicts = await state.engine.classify(texts);
          const results = verdicts.map((verdict) => verdictJson(verdict));
          answerJson(response, 200, single ? results[0] : { results });
        }),
    },
    {
      method: 'POST',
      path: '/v1/audio/transcriptions',
      open: false,
      answerFault: answerOpenAiFault,
      handle: async (request, response, context) => {
        const { result, fields } = await transcribed(request, response, context);
        answerOpenAi(response, result, fields);
      },
    },
  ];
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** A text as plain text, as the form field `text`, or as JSON `{"text": …}` or `{"texts": […]}`. */
async function readTexts(request: IncomingMessage): Promise<{ readonly texts: readonly string[]; readonly single: boolean }> {
  const type = (request.headers['content-type'] ?? '').toLowerCase();
  if (type.startsWith('multipart/form-data')) {
    const upload = receiveUpload(request, { maxBytes: MAX_TEXT_BYTES });
    for await (const chunk of upload.file) void chunk;
    return { texts: [checkText((await upload.rest).fields.get('text'))], single: true };
  }
  const isJson = /^application\/(.+\+)?json\b/.test(type);
  if (!isJson && !type.startsWith('text/plain')) {
    throw new FaultError('unsupported_format', 'Expected application/json, text/plain or multipart/form-data, got another content type.');
  }
  const upload = receiveUpload(request, { maxBytes: MAX_TEXT_BYTES });
  const pieces: Uint8Array[] = [];
  for await (const piece of upload.file) pieces.push(piece);
  let body: string;
  try {
    body = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch {
    throw new FaultError('bad_message', 'Expected text in UTF-8, got bytes that are not.');
  }
  if (!isJson) return { texts: [checkText(body)], single: true };
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new FaultError('bad_message', 'Expected a JSON object, got a body that is not JSON.');
  }
  if (!isObject(value)) throw new FaultError('bad_message', 'Expected a JSON object with text or texts, got another JSON value.');
  const { texts } = value;
  if (texts === undefined) return { texts: [checkText(value['text'])], single: true };
  if (!Array.isArray(texts) || texts.length > MAX_TEXTS) throw new FaultError('bad_message', `Expected texts to be an array of at most ${MAX_TEXTS}, got something else.`);
  return { texts: texts.map(checkText), single: false };
}

function checkText(text: unknown): string {
  if (typeof text !== 'string') throw new FaultError('bad_message', 'Expected text to be a string, got something else or nothing.');
  if (text.length > MAX_TEXT_CHARACTERS) throw new FaultError('too_large', `Expected a text of at most ${MAX_TEXT_CHARACTERS} characters, got a longer one. Cut it.`);
  return text;
}

function answerOpenAi(response: ServerResponse, result: RecordingVerdict, fields: ReadonlyMap<string, string>): void {
  const { text, segments, durationS } = result;
  const format = fields.get('response_format') ?? 'json';
  if (format === 'text') return answer(response, 200, 'text/plain; charset=utf-8', `${text}\n`);
  if (format === 'srt') return answer(response, 200, 'application/x-subrip; charset=utf-8', segments.map((segment, i) => srtCue(segment, i + 1)).join('\n'));
  if (format === 'vtt') return answer(response, 200, 'text/vtt; charset=utf-8', [WEBVTT_HEADER, ...segments.map(vttCue)].join('\n'));
  if (format === 'json') return answerJson(response, 200, { text });
  if (format !== 'verbose_json') throw new FaultError('bad_message', 'Expected response_format to be json, verbose_json, text, srt or vtt, got another.');
  // Clients written for OpenAI look for these fields; those that this recogniser has no figure for stay at their neutral value.
  const neutral = { seek: 0, tokens: [], temperature: 0, compression_ratio: 1, no_speech_prob: 0 };
  const words = { words: placeWords(segments).map(({ word, startS, endS }) => ({ word, start: startS, end: endS })) };
  answerJson(response, 200, {
    task: 'transcribe',
    language: 'swedish',
    duration: durationS,
    text,
    segments: segments.map((segment, id) => ({ id, ...neutral, start: segment.start, end: segment.end, text: segment.text, avg_logprob: Math.log(Math.max(segment.confidence, 1e-6)) })),
    ...(fields.get('timestamp_granularities[]') === 'word' ? words : {}),
    tonality: verdictJson(result),
  });
}

function answerOpenAiFault(response: ServerResponse, fault: Fault): void {
  const status = httpStatusOf(fault.code);
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  answerJson(response, status, { error: { message: fault.message, type, param: null, code: fault.code } }, faultHeaders(fault));
}
