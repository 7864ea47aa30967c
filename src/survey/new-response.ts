import type { Redact } from '../redaction/redacted-text.js';
import type { CallIds } from './call-id.js';
import type { ResponseInput } from './response-input.js';
import type { NewResponse } from './store.js';

/** What makes a response from outside fit to be kept. */
export interface Intake {
  readonly callIds: CallIds;
  readonly redact: Redact;
}

/**
 * Makes of a response from outside one that can be kept: its call id a pseudonym, its words redacted. Without a call id, its content
 * stands in for it: the same content is then the same response.
 */
export function newResponse(input: ResponseInput, { callIds, redact }: Intake): NewResponse {
  const { callId, comment } = input;
  const digest = callIds.digest(contentOf(input));
  return {
    id: callId === null ? digest : callIds.pseudonym(callId),
    digest,
    municipality: input.municipality,
    unit: input.unit,
    contactedAt: new Date(input.contactedAtMs),
    answeredAt: input.answeredAtMs === null ? null : new Date(input.answeredAtMs),
    survey: input.survey,
    participation: input.participation,
    abandonedAt: input.abandonedAt,
    consent: input.consent,
    ratings: input.ratings,
    comment:
      comment === null
        ? null
        : {
            state: comment.verdict === null ? 'pending' : 'classified',
            recording: comment.recording,
            text: comment.text === null ? null : redact(comment.text),
            verdict: comment.verdict,
          },
  };
}

/** All of a response but its call id, in a form that is the same for the same content: its parts in a fixed order, each with its length. */
function contentOf(input: ResponseInput): string {
  const { survey, ratings, comment } = input;
  let content = '';
  const add = (part: string | number | boolean | null | undefined): void => {
    if (part === null || part === undefined) content += '-';
    else content += `${String(part).length}:${part}`;
  };
  add(input.municipality);
  add(input.unit);
  add(input.contactedAtMs);
  add(input.answeredAtMs);
  add(survey?.id);
  add(survey?.version);
  add(input.participation);
  add(input.abandonedAt);
  add(input.consent);
  add(comment?.text);
  add(comment?.recording);
  add(comment === null || comment.verdict === null ? null : JSON.stringify(comment.verdict));
  for (const { question, value } of ratings) {
    add(question);
    add(value);
  }
  return content;
}
