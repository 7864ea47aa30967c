declare const redacted: unique symbol;

/**
 * Text from which personal identifiers were taken out. Only `redact` (redact.ts) makes one, and a store gives back what it
 * was handed; a plain string does not fit, so that nothing is kept that did not pass redaction.
 */
export type RedactedText = string & { readonly [redacted]: true };

/** What makes a text fit to be kept. */
export type Redact = (text: string) => RedactedText;
