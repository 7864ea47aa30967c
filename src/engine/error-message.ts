import { TonalitetError } from '../errors.js';
import type { ErrorMessage } from './work.js';

/** Prepares an error for its way to another thread. What is not a `TonalitetError` becomes `INFERENCE_FAILED`. */
export function toErrorMessage(error: unknown): ErrorMessage {
  if (error instanceof TonalitetError) return { code: error.code, message: error.message, cause: causeText(error.cause) };
  return {
    code: 'INFERENCE_FAILED',
    message: 'Expected the inference to run, but it failed inside the program. Please report this.',
    cause: causeText(error),
  };
}

/** Makes an error again of what {@link toErrorMessage} made. */
export function fromErrorMessage({ code, message, cause }: ErrorMessage): TonalitetError {
  return new TonalitetError(code, message, cause === undefined ? undefined : { cause: new Error(cause) });
}

/** Names and messages down the chain of causes; they are ours, Node's or ONNX Runtime's, and hold no words of a citizen. */
function causeText(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return typeof cause === 'string' ? cause : undefined;
  const behind = causeText(cause.cause);
  return `${cause.name === 'Error' ? '' : `${cause.name}: `}${cause.message}${behind === undefined ? '' : ` (${behind})`}`;
}
