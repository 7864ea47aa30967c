import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRecords } from '../../src/survey/csv-records.js';
import type { SourceRecord } from '../../src/survey/import.js';
import { parseMapping } from '../../src/survey/mapping.js';
import type { Mapping } from '../../src/survey/mapping.js';
import { RejectedInput, ResponseReader } from '../../src/survey/response-input.js';

async function read(text: string | Uint8Array, mapping?: Mapping, chunkBytes = 7): Promise<SourceRecord[]> {
  const bytes = Buffer.from(text);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let first = 0; first < bytes.length; first += chunkBytes) yield bytes.subarray(first, first + chunkBytes);
  }
  const records: SourceRecord[] = [];
  for await (const record of csvRecords(chunks(), mapping)) records.push(record);
  return records;
}

const values = (records: readonly SourceRecord[]): unknown[] => records.map(({ value }) => value);

describe('csvRecords', () => {
  it('reads what Swedish Excel writes, and what others do', async () => {
    const expected = [{ municipality: '0180', text: 'Bra; men "långsamt", å\när', consent: true }, { municipality: '1480' }];
    expect(values(await read('\uFEFFmunicipality;text;consent\r\n0180;"Bra; men ""långsamt"", å\när";ja\r\n1480;;\r\n'))).toEqual(expected);
    expect(values(await read('municipality,text,consent\n0180,"Bra; men ""långsamt"", å\när",TRUE\n1480,,'))).toEqual(expected);
    expect(values(await read('municipality\ttext\tconsent\n0180\t"Bra; men ""långsamt"", å\när"\t1\n\n1480\t\t\n'))).toEqual(expected);
  });

  it('gives fields the form that they have in JSON', async () => {
    const text = 'tonality;areas;services;rating.bemotande;probability.positiv;confidence;survey_version\n' +
      'negativ;tid=negativ, kommunala_tjanster=skeptisk;bostad|ovrigt;5;0,25;0.5;2\nnone;;;;;;\n;;;;;;1x\n';
    expect(values(await read(text))).toEqual([
      {
        tonality: 'negativ',
        areas: [{ area: 'tid', tonality: 'negativ' }, { area: 'kommunala_tjanster', tonality: 'skeptisk' }],
        services: ['bostad', 'ovrigt'],
        ratings: { bemotande: 5 },
        probabilities: { positiv: 0.25 },
        confidence: 0.5,
        survey_version: 2,
      },
      { tonality: null },
      { survey_version: '1x' },
    ]);
  });

  it('takes another system by a mapping', async () => {
    const mapping = parseMapping(`
      fields: { municipality: Kommunkod, contacted_at: Datum, tonality: Omdöme }
      values: { tonality: { Positiv: positiv, Neutral: null } }
      constants: { survey: medborgarpulsen }
      ignore: [Löpnummer]`);
    const text = 'Löpnummer;Kommunkod;Datum;Omdöme\n1;180;2020-01-01;Positiv\n2;180;2020-01-01;Neutral\n';
    expect(values(await read(text, mapping))).toEqual([
      { municipality: '180', contacted_at: '2020-01-01', tonality: 'positiv', survey: 'medborgarpulsen' },
      { municipality: '180', contacted_at: '2020-01-01', tonality: null, survey: 'medborgarpulsen' },
    ]);
    const others = parseMapping('{"fields": {"municipality": "Kommunkod"}, "ignore": "others"}');
    expect(values(await read(text, others))).toEqual([{ municipality: '180' }, { municipality: '180' }]);
    expect(() => parseMapping('feilds: {}')).toThrow(/feilds/);
    expect(() => parseMapping('fields: [')).toThrow(expect.objectContaining({ code: 'MAPPING_INVALID' }));
  });

  it('passes over a record that is no CSV, without its words', async () => {
    const records = await read('municipality;text\n0180;ja "nej" Kanariefågel\n1480;bra\n0180;a;Kanariefågel\n2584;bra\n');
    expect(records.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
    expect(values(records)).toEqual([expect.any(RejectedInput), { municipality: '1480', text: 'bra' }, expect.any(RejectedInput), { municipality: '2584', text: 'bra' }]);
    const open = await read('municipality;text\n0180;"Kanariefågel\n1480;bra\n');
    expect(values(open)).toEqual([expect.any(RejectedInput)]);
    expect(JSON.stringify([...records, ...open].map(({ value }) => (value instanceof RejectedInput ? value.message : '')))).not.toContain('Kanarie');
  });

  it.each([
    [Buffer.from('municipality;text\n0180;tjänst\n', 'latin1'), 'UTF-8'],
    ['municipality;municipality\n', 'column 2'],
    ['municipality;;text\n', 'column 2'],
  ])('refuses %j', async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'TEXT_INVALID', message: expect.stringContaining(message) });
  });

  it('reads the same however the bytes come, and never fails on text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', 'ö', '"', ';', '\n', '\r', ' ', '😊') }), fc.integer({ min: 1, max: 5 }), async (body, chunk) => {
        const text = `municipality;text\n${body}`;
        const whole = await read(text, undefined, 1_000);
        expect(await read(text, undefined, chunk)).toEqual(whole);
        const reader = new ResponseReader();
        for (const value of values(whole)) if (!(value instanceof RejectedInput)) expect(() => reader.read(value)).toThrow(RejectedInput);
      }),
      { numRuns: 200 },
    );
  });
});
