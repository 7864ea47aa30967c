import type { IncomingMessage, ServerResponse } from 'node:http';
import { confidenceOf, storedVerdict } from '../stored-verdict.js';
import { FaultError } from './fault.js';
import { isObject } from './fields.js';
import type { JsonObject } from './fields.js';
import { answerJson } from './http-answer.js';
import type { Route } from './http-routes.js';
import { receiveUpload } from './multipart.js';
import type { SurveyIntake, Taken } from './survey-intake.js';
import type { UploadGate, UploadState } from './upload-gate.js';

/** Responses in one request; more go in several. */
const MAX_RESPONSES = 1_000;
/** A thousand responses with comments of some minutes. */
const MAX_BODY_BYTES = 8_388_608;
/** Requests that are read and written at the same time. */
const MAX_AT_ONCE = 4;

/** Fields that say what is in a comment: none of them may come beside its recording, which says it itself. */
const COMMENT_FIELDS = ['text', 'recording', 'tonality', 'reason', 'probabilities', 'uncertain', 'areas', 'services', 'confidence', 'model'] as const;

/**
 * `POST /v1/responses`: answers that another system took. One as a JSON object, up to a thousand as an array or as lines of JSON, or one
 * with the recording of its comment as a form.
 */
export function responseRoutes(state: UploadState, gate: UploadGate, intake: SurveyIntake): Route[] {
  let running = 0;
  const inTurn = async (work: () => Promise<void>): Promise<void> => {
    const closed = state.closedBecause();
    if (closed !== undefined) throw new FaultError(closed.code, closed.message);
    if (running >= MAX_AT_ONCE) throw new FaultError('overloaded', 'The server has all the requests that it takes. Try again later.');
    running++;
    try {
      await work();
    } finally {
      running--;
    }
  };
  return [
    {
      method: 'POST',
      path: '/v1/responses',
      open: false,
      handle: async (request, response) => {
        const type = (request.headers['content-type'] ?? '').toLowerCase();
        if (type.startsWith('multipart/form-data')) {
          return gate.admit(async () => answerOne(response, await takeRecorded(request, response, state, gate, intake)));
        }
        const isLines = /^application\/(?:x-ndjson|jsonl|x-jsonlines|json-lines)\b/.test(type);
        if (!isLines && !/^application\/(?:.+\+)?json\b/.test(type)) {
          throw new FaultError('unsupported_format', 'Expected application/json, application/x-ndjson or multipart/form-data, got another content type.');
        }
        await inTurn(async () => {
          const text = await readText(request);
          const body = isLines ? readLines(text) : readJson(text);
          const values = checkValues(body);
          const taken = await intake.add(values);
          if (Array.isArray(body)) answerJson(response, 200, { results: taken.map((each, index) => (each.outcome === 'rejected' ? { ...each, pointer: `/${index}${each.pointer}` } : each)) });
          else answerOne(response, taken[0]!);
        });
      },
    },
  ];
}

const STATUSES = { added: 201, duplicate: 200, waiting: 202 } as const;

function answerOne(response: ServerResponse, taken: Taken): void {
  if (taken.outcome === 'rejected') throw new FaultError('unusable_input', `Expected a response as docs/import.md tells. ${taken.reason}.`, taken.pointer);
  if (taken.outcome === 'conflict') throw new FaultError('conflict', 'Expected an id of its own, but another response with it is there already; that one was left as it is.', '/id');
  answerJson(response, STATUSES[taken.outcome], taken);
}

async function takeRecorded(request: IncomingMessage, response: ServerResponse, state: UploadState, gate: UploadGate, intake: SurveyIntake): Promise<Taken> {
  const gone = new AbortController();
  // A client that hung up waits for nothing, and sends it again.
  response.on('close', () => gone.abort());
  const upload = receiveUpload(request, { maxBytes: state.settings().maxUploadBytes });
  const result = await gate.classify(upload, gone.signal);
  const { fields, digest } = await upload.rest;
  const given = fields.get('response');
  if (given === undefined) throw new FaultError('bad_message', 'Expected the response as JSON in the field response, beside the recording in the field file, got none.');
  const value = readJson(given);
  if (!isObject(value)) throw new FaultError('bad_message', 'Expected the field response to be a JSON object, got another JSON value.');
  const twice = COMMENT_FIELDS.find((name) => value[name] !== undefined);
  if (twice !== undefined) throw new FaultError('unusable_input', `Expected the comment as a recording alone, got ${twice} beside it.`, `/${twice}`);
  const { engine } = state;
  return intake.addRecorded(value, { text: result.text, ...storedVerdict(result, engine.models ?? {}, confidenceOf(result.segments)) }, digest);
}

async function readText(request: IncomingMessage): Promise<string> {
  const upload = receiveUpload(request, { maxBytes: MAX_BODY_BYTES });
  const pieces: Uint8Array[] = [];
  for await (const piece of upload.file) pieces.push(piece);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch {
    throw new FaultError('bad_message', 'Expected JSON in UTF-8, got a body that is not.');
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FaultError('bad_message', 'Expected JSON, got a text that is not.');
  }
}

/** Empty lines are passed over. */
function readLines(text: string): readonly unknown[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch {
      throw new FaultError('bad_message', `Expected a JSON object in each line, got something else in line ${index + 1}.`);
    }
  });
}

function checkValues(body: unknown): readonly JsonObject[] {
  const values: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (values.length > MAX_RESPONSES) throw new FaultError('too_large', `Expected at most ${MAX_RESPONSES} responses in one request, got ${values.length}. Send several.`);
  return values.map((value, index) => {
    const place = Array.isArray(body) ? `/${index}` : '';
    if (!isObject(value)) throw new FaultError('bad_message', 'Expected a JSON object, or several in an array or a line each.', place);
    // A path from outside would let anybody who may post have any file of the server read.
    if (typeof value['recording'] === 'string' && value['recording'] !== '') {
      throw new FaultError('bad_message', 'Expected no path of a recording in a posted response. Send the recording itself as multipart/form-data.', `${place}/recording`);
    }
    return value;
  });
}
