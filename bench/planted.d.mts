/** Types of planted.mjs, for the test that shares it with the bench. */
export interface PlantedComment {
  readonly place: string;
  readonly text: string;
  readonly planted: readonly { readonly type: string; readonly value: string }[];
}

export interface Share {
  readonly hits: number;
  readonly of: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

export interface Measurement {
  readonly byType: ReadonlyMap<string, { readonly planted: number; readonly found: number; readonly rightType: number }>;
  readonly misses: readonly { readonly place: string; readonly type: string; readonly value: string; readonly text: string }[];
  readonly falseFindings: readonly { readonly place: string; readonly type: string; readonly value: string; readonly text: string }[];
  readonly findings: number;
}

type Redact = (text: string) => { readonly found: readonly { readonly type: string; readonly start: number; readonly end: number }[] };

export declare const NUMBER_TYPES: readonly string[];
export declare function readPlanted(folder: URL): Promise<{ readonly open: readonly PlantedComment[]; readonly heldOut: readonly PlantedComment[] }>;
export declare function measure(comments: readonly PlantedComment[], redactWithFindings: Redact): Measurement;
export declare function recall(measurement: Measurement, types?: readonly string[], field?: 'found' | 'rightType'): Share;
export declare function precision(measurement: Measurement): Share;
export declare function share(hits: number, of: number): Share;
