import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SEARCH_CHARACTERS, parseSearch, wordsOf } from '../../src/survey/search-terms.js';
import { matchOf } from '../../src/survey/sqlite-search.js';
import { searchHits, stemsOf, swedishStem } from '../../src/survey/swedish-stems.js';

describe('a search', () => {
  it('is words and phrases', () => {
    expect(parseSearch('Lång "väntetid i TELEFON" kö')).toEqual([['lång'], ['väntetid', 'i', 'telefon'], ['kö']]);
    expect(parseSearch('e-tjänst')).toEqual([['e'], ['tjänst']]);
    expect(parseSearch('”trevlig handläggare”')).toEqual([['trevlig', 'handläggare']]);
    expect(matchOf('väntetiderna "trevliga handläggare"')).toBe('"väntetid" AND "trev handlägg"');
  });

  it('never becomes anything but quoted letters and digits for FTS5, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.stringMatching(/^["()*:^ANDORNEAR -]+$/)), (search) => {
        let match: string;
        try {
          match = matchOf(search.slice(0, MAX_SEARCH_CHARACTERS));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          // A citizen's name may have been searched for.
          if (search.length > 3) expect((error as Error).message).not.toContain(search);
          return;
        }
        expect(match).toMatch(/^"[^"]+"( AND "[^"]+")*$/);
      }),
    );
  });

  it('finds in a text what was cut out of it, and says where', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('Väntetiden', 'var', 'lång', 'och', 'handläggaren', 'trevlig', 'ÅÄÖ', '2020'), { minLength: 1, maxLength: 10 }), fc.nat(), fc.nat(), (words, a, b) => {
        const text = words.join(', ');
        const [from, to] = [a % words.length, b % words.length].sort((x, y) => x - y) as [number, number];
        const hits = searchHits(text, `"${words.slice(from, to + 1).join(' ')}"`);
        expect(hits.length).toBeGreaterThan(0);
        const phrase = stemsOf(words.slice(from, to + 1).join(' '));
        let before = 0;
        for (const [start, end] of hits) {
          expect(start).toBeGreaterThanOrEqual(before);
          expect(stemsOf(text.slice(start, end))).toBe(phrase);
          before = end;
        }
      }),
    );
  });

  it('stems as Snowball does', () => {
    const pairs = { väntetiderna: 'väntetid', jaktkarlarne: 'jaktkarl', klostergården: 'klostergård', friskt: 'frisk', kön: 'kön', trevligt: 'trev' };
    for (const [word, stem] of Object.entries(pairs)) expect(swedishStem(word)).toBe(stem);
    expect(wordsOf('A\u030Ar! 2').map(({ word }) => word)).toEqual(['år', '2']);
  });
});
