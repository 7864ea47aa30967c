import type { z } from 'zod';
import type { Checked, Fault } from './checked-file.js';

/** What a schema found wrong. */
export function faultsIn(error: z.ZodError): Checked<never> {
  const [first, ...rest] = error.issues.flatMap(faultsOf);
  return { kind: 'faults', faults: [first!, ...rest] };
}

/** Says what was expected, in the words of someone who writes such a file. */
function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  const at = (expected: string): Fault[] => [{ path, unknownKey: false, expected }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], unknownKey: true, expected: 'only the fields of the schema' }));
    case 'invalid_type':
      return at(NAMES_OF_TYPES[issue.expected] ?? `a value of type ${issue.expected}`);
    case 'invalid_value':
      return at(issue.values.map((allowed) => JSON.stringify(allowed)).join(', ').replace(/, (?=[^,]*$)/, ' or '));
    case 'invalid_format':
      return at('an id of lower-case letters a-z, digits and underscores, a letter first, at most 50 characters');
    case 'too_small':
    case 'too_big': {
      const bound = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
      // A list is named for what it holds.
      const noun = issue.origin === 'array' ? ` ${String(path.at(-1))}` : issue.origin === 'string' ? ' characters' : '';
      return at(`${bound}${noun}`);
    }
    default:
      return at(issue.message);
  }
}

const NAMES_OF_TYPES: Readonly<Partial<Record<string, string>>> = {
  object: 'a mapping of fields',
  record: 'a mapping of fields',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
};
