import { describe, expect, it } from 'vitest';
import { registerRedact } from '../../src/cli/redact.js';
import { runCommand } from './command-context.js';

describe('tonalitet redact', () => {
  it('gives the same object back with the redacted text and the places in the text that came', async () => {
    const { lines, exitCode } = await runCommand(registerRedact, ['redact'], '{"id": 7, "text": "Ring Anna på 070-174 06 05.", "unit": "växel"}\n');
    expect(exitCode).toBe(0);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      id: 7,
      text: 'Ring [namn] på [telefonnummer].',
      unit: 'växel',
      found: [
        { type: 'name', start: 5, end: 9 },
        { type: 'phone', start: 13, end: 26 },
      ],
    });
  });

  it('takes plain lines, in order', async () => {
    const { lines } = await runCommand(registerRedact, ['redact', '-'], 'jag heter Anna\ningenting här\n');
    expect(lines.map((line) => (JSON.parse(line) as { text: string }).text)).toEqual(['jag heter [namn]', 'ingenting här']);
  });

  it('puts an error in the place of a line that cannot be read, and goes on', async () => {
    const { lines, exitCode } = await runCommand(registerRedact, ['redact'], '{"text": "hej"}\n{"text": 5}\nnot json: Anna Svensson\n{"text": "då"}\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual([['text', 'found'], ['line', 'error'], ['line', 'error'], ['text', 'found']]);
    expect(lines.join()).not.toContain('Svensson');
    expect(exitCode).toBe(1);
  });

  it('tells of a file that is not there', async () => {
    await expect(runCommand(registerRedact, ['redact', '/nonexistent/comments.jsonl'])).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
