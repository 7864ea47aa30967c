import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNamePattern, readName } from '../../src/survey/name-pattern.js';

const read = (pattern: string, path: string): Readonly<Record<string, string>> | undefined => readName(parseNamePattern(pattern), path);

describe('a pattern of names', () => {
  it.each([
    ['{id}', 'a/b/samtal 17.wav', { id: 'samtal 17' }],
    ['{municipality}_{id}', '0180_abc-1.mp3', { municipality: '0180', id: 'abc-1' }],
    ['{municipality}_{id}', '0180_abc_1.wav', { municipality: '0180', id: 'abc_1' }],
    ['{municipality}/{unit}/{id}', '0180/Växeln/7.wav', { municipality: '0180', unit: 'Växeln', id: '7' }],
    ['samtal-{id}-{}-slut', 'samtal-7-vad som helst-slut.wav', { id: '7' }],
    ['{id}_b{rating.bemotande}_h{rating.helhet}', '9_b5_h3.wav', { id: '9', 'rating.bemotande': '5', 'rating.helhet': '3' }],
    ['{contacted_at}_{id}', '20200305T101200_7.wav', { contacted_at: '2020-03-05T10:12:00', id: '7' }],
    ['{contacted_at}_{id}', '2020-03-05 10.12_7.wav', { contacted_at: '2020-03-05T10:12:00', id: '7' }],
    ['{contacted_at}_{id}', '2020-03-05_7.wav', { contacted_at: '2020-03-05', id: '7' }],
    ['{id}.{municipality}', '7.0180.wav', { id: '7', municipality: '0180' }],
  ])('%s reads %s', (pattern, path, fields) => {
    expect(read(pattern, path)).toEqual(fields);
  });

  it.each([
    ['{municipality}_{id}', '0180.wav'],
    ['{municipality}_{id}', '_7.wav'],
    ['{municipality}_{id}', '0180_.wav'],
    ['{municipality}/{id}', '0180/x/7.wav'],
    ['{municipality}/{id}', '7.wav'],
    ['samtal-{id}', 'kommentar-7.wav'],
    ['{id}-slut', '7-slut-och mer.wav'],
  ])('%s does not read %s', (pattern, path) => {
    expect(read(pattern, path)).toBeUndefined();
  });

  it.each(['', 'samtal', '{}', '{id}{municipality}', '{id}_{id}', '{id', 'a}b{id}', `{id}${'x'.repeat(1_000)}`])('%j is none', (pattern) => {
    expect(() => parseNamePattern(pattern)).toThrow(expect.objectContaining({ code: 'MAPPING_INVALID' }));
  });

  it('reads back what was put in, and is done with any name in no time', () => {
    const value = fc.string({ unit: fc.constantFrom(...'abcxyzåäö019 '), minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, fc.constantFrom('-', '_', '__', '/', '+')), { minLength: 1, maxLength: 8 }), (parts) => {
        const last = parts.length - 1;
        const pattern = parts.map(([, text], index) => `{f${index}}${index === last ? '' : text}`).join('');
        const path = `${parts.map(([word, text], index) => word + (index === last ? '' : text)).join('')}.wav`;
        expect(read(pattern, path)).toEqual(Object.fromEntries(parts.map(([word], index) => [`f${index}`, word])));
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary-ascii', maxLength: 300 }), (path) => {
      const fields = read('{a}-{b}_{c}/{d}', path);
      expect(fields === undefined || Object.keys(fields).length === 4).toBe(true);
    }), { numRuns: 200 });
    const begun = performance.now();
    read(Array.from({ length: 60 }, (_, index) => `{f${index}}-`).join(''), '-a'.repeat(20_000));
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
