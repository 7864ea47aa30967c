import { segmentJson, verdictJson } from '../comment-json.js';
import type { CallEnded, CommentResult } from './protocol.js';

/** To the millisecond, and to a thousandth of a probability: more would be noise. */
export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** What one channel said, as it goes out. */
export function commentJson(comment: CommentResult): Record<string, unknown> {
  return {
    channel: comment.channel,
    text: comment.text,
    segments: comment.segments.map(segmentJson),
    lost: comment.lost.map(({ startS, endS }) => ({ start: rounded(startS), end: rounded(endS) })),
    ...(comment.verdict === undefined ? {} : verdictJson(comment.verdict)),
  };
}

/** A whole call, as it goes out: the last message of our own protocol. */
export function endedJson(ended: CallEnded): Record<string, unknown> {
  return {
    call_id: ended.callId,
    duration_s: rounded(ended.durationS),
    comments: ended.comments.map(commentJson),
    digits: ended.digits.map(({ digit, atS }) => ({ digit, at: rounded(atS) })),
    metadata: ended.metadata,
  };
}
