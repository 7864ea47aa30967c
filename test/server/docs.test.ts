import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { closeCodeOf, httpStatusOf } from '../../src/server/fault.js';
import type { FaultCode } from '../../src/server/fault.js';
import { ENDPOINTS } from '../../src/server/endpoints.js';
import { SETTING_TABLE } from '../../src/server/setting-table.js';

const doc = async (name: string): Promise<string> => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe('the documentation', () => {
  it('has every setting as it is', async () => {
    const text = await doc('server.md');
    const rows = SETTING_TABLE.map(({ key, standard, help }) => {
      const none = standard === null || (Array.isArray(standard) && standard.length === 0);
      return `| \`${key}\` | ${none ? '' : `\`${String(standard)}\``} | ${help} |`;
    });
    const table = text.slice(text.indexOf('<!-- settings -->'), text.indexOf('<!-- /settings -->'));
    expect(table.split('\n').filter((line) => line.startsWith('| `'))).toEqual(rows);
  });

  it('has every path', async () => {
    const text = await doc('server.md');
    for (const { path } of ENDPOINTS) expect(text).toContain(`\`${path}\``);
  });

  it('has every fault with its close code and status', async () => {
    const text = await doc('protocol.md');
    const rows = [...text.matchAll(/^\| `(\w+)` \| (\d{4}) \| (\d{3}) \|/gm)];
    expect(rows.length).toBe(19);
    for (const [, code, closeCode, status] of rows) {
      expect([code, closeCodeOf(code as FaultCode), httpStatusOf(code as FaultCode)]).toEqual([code, Number(closeCode), Number(status)]);
    }
  });

  it('has an AsyncAPI file that is YAML and names every message of the protocol', async () => {
    const api = parse(await doc('asyncapi.yaml')) as { components: { messages: object }; channels: { stream: { messages: object } } };
    expect(Object.keys(api.channels.stream.messages)).toEqual(Object.keys(api.components.messages));
    const text = await doc('asyncapi.yaml');
    for (const type of ['start', 'KeepAlive', 'Finalize', 'pause', 'CloseStream', 'subscribe', 'dtmf', 'started', 'speech_started', 'result', 'tonality', 'lost', 'lag', 'finalized', 'stopping', 'ended', 'error']) {
      expect(text).toMatch(new RegExp(`\\b${type}\\b`));
    }
  });
});
