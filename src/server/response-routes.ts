import type { IncomingMessage } from 'node:http';
import { FaultError } from './fault.js';
import type { Fault } from './fault.js';
import { answerJson } from './http-answer.js';
import type { Route } from './http-routes.js';
import { isObject } from './fields.js';
import { receiveUpload } from './multipart.js';
import type { SurveyIntake, Taken } from './survey-intake.js';

/** Responses in one request; more go in several. */
const MAX_RESPONSES = 1_000;
/** A thousand responses with comments of some minutes. */
const MAX_BODY_BYTES = 8_388_608;
/** Requests that are read and written at the same time. */
const MAX_AT_ONCE = 4;

/** `POST /v1/responses`: answers that another system took, one as a JSON object or up to a thousand as an array. */
export function responseRoutes(intake: SurveyIntake, closedBecause: () => Fault | undefined): Route[] {
  let running = 0;
  return [
    {
      method: 'POST',
      path: '/v1/responses',
      open: false,
      handle: async (request, response) => {
        const closed = closedBecause() ?? (running >= MAX_AT_ONCE ? ({ code: 'overloaded', message: 'The server has all the requests that it takes. Try again later.' } as const) : undefined);
        if (closed !== undefined) throw new FaultError(closed.code, closed.message);
        running++;
        try {
          const body = await readBody(request);
          const taken = await intake.add(Array.isArray(body) ? body : [body]);
          if (Array.isArray(body)) return answerJson(response, 200, { results: taken });
          const [only] = taken;
          answerJson(response, statusOf(only!), only);
        } finally {
          running--;
        }
      },
    },
  ];
}

function statusOf(taken: Taken): number {
  if (taken.outcome === 'rejected') throw new FaultError('unusable_input', `Expected a response as docs/import.md tells. ${taken.reason}.`);
  if (taken.outcome === 'conflict') throw new FaultError('conflict', 'Expected an id of its own, but another response with it is there already; that one was left as it is.');
  return taken.outcome === 'added' ? 201 : 200;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/(.+\+)?json\b/i.test(request.headers['content-type'] ?? '')) {
    throw new FaultError('unsupported_format', 'Expected application/json, got another content type.');
  }
  const upload = receiveUpload(request, { maxBytes: MAX_BODY_BYTES });
  const pieces: Uint8Array[] = [];
  for await (const piece of upload.file) pieces.push(piece);
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)));
  } catch {
    throw new FaultError('bad_message', 'Expected JSON in UTF-8, got a body that is not.');
  }
  const values: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (values.length > MAX_RESPONSES) throw new FaultError('too_large', `Expected at most ${MAX_RESPONSES} responses in one request, got ${values.length}. Send several.`);
  if (!values.every(isObject)) throw new FaultError('bad_message', 'Expected a JSON object, or an array of them.');
  // A path from outside would let anybody who may post have any file of the server read.
  if (values.some((value) => isObject(value) && typeof value['recording'] === 'string' && value['recording'] !== '')) {
    throw new FaultError('bad_message', "Expected no recording in a posted response. Send the sound to /v1/comments, and its text here; or import it with 'tonalitet import'.");
  }
  return body;
}
