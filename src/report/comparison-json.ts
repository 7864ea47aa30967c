import type { Comparison } from './comparison.js';
import { opinionsJson } from './report-json.js';

/** A comparison as JSON, in the form of the report's rows. */
export function comparisonJson({ kind, period, sides, rows }: Comparison): Readonly<Record<string, unknown>> {
  return { kind, period, sides, rows: rows.map((row) => ({ area: row.area, name: row.name, ...opinionsJson(row) })) };
}
