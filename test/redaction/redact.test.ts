import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, redactWithFindings, MAX_REDACTED_LENGTH } from '../../src/redaction/redact.js';
import { passesLuhn } from '../../src/redaction/swedish-identifiers.js';

/** Each found stretch with its type, as written in the text. */
function found(text: string): readonly (readonly [string, string])[] {
  return redactWithFindings(text).found.map(({ type, start, end }) => [type, text.slice(start, end)] as const);
}

describe('numbers of persons', () => {
  it.each([
    ['mitt personnummer är 850312-1238', 'personnummer', '850312-1238'],
    ['19850312-1238 är numret', 'personnummer', '19850312-1238'],
    ['jag är född 850312 1238 alltså', 'personnummer', '850312 1238'],
    ['det är nitton åttiofem noll tre tolv tolv trettioåtta', 'personnummer', 'nitton åttiofem noll tre tolv tolv trettioåtta'],
    ['åtta fem noll tre ett två, ett två tre åtta', 'personnummer', 'åtta fem noll tre ett två, ett två tre åtta'],
    ['åttio fem noll tre tolv streck tolv trettio åtta', 'personnummer', 'åttio fem noll tre tolv streck tolv trettio åtta'],
    ['nittonhundraåttiofem noll tre tolv tolv trettioåtta', 'personnummer', 'nittonhundraåttiofem noll tre tolv tolv trettioåtta'],
    ['samordningsnummer 850372-1235', 'samordningsnummer', '850372-1235'],
    // A check digit that is wrong: a slip of the tongue, and still a person.
    ['mitt personnummer är 850312-1230', 'personnummer', '850312-1230'],
    ['personnumret är 850312', 'personnummer', '850312'],
  ])('%s', (text, type, stretch) => {
    expect(found(text)).toEqual([[type, stretch]]);
  });
});

describe('telephone numbers', () => {
  it.each([
    ['ring mig på 070-123 45 67 efter fem', '070-123 45 67'],
    ['numret är 08-12 34 56', '08-12 34 56'],
    ['+46 70 123 45 67 går bra', '+46 70 123 45 67'],
    ['noll sju noll ett två tre fyra fem sex sju', 'noll sju noll ett två tre fyra fem sex sju'],
    ['noll sjuttio, hundratjugotre, fyrtiofem, sextiosju', 'noll sjuttio, hundratjugotre, fyrtiofem, sextiosju'],
    ['noll sjuttio eh ett två tre fyrtio fem sextio sju tack', 'noll sjuttio eh ett två tre fyrtio fem sextio sju'],
    ['du når mig på telefon 12 34 56', '12 34 56'],
  ])('%s', (text, stretch) => {
    expect(found(text)).toEqual([['phone', stretch]]);
  });
});

describe('other numbers', () => {
  it.each([
    ['kortet är 4539 1488 0343 6467', 'card', '4539 1488 0343 6467'],
    ['kontonummer 8327-9 123 456 789', 'account', '8327-9 123 456 789'],
    ['bankgiro 5050-1055', 'account', '5050-1055'],
    ['SE45 5000 0000 0583 9825 7466', 'account', 'SE45 5000 0000 0583 9825 7466'],
    ['ärendenummer KS 2023/1234', 'case_number', 'KS 2023/1234'],
    ['diarienumret är BYGG 2022-000123', 'case_number', 'BYGG 2022-000123'],
    ['mitt ärende fyra fem sex sju åtta', 'case_number', 'fyra fem sex sju åtta'],
    ['bilen ABC 123 stod där', 'plate', 'ABC 123'],
    ['bilen abc 12d stod där', 'plate', 'abc 12d'],
    ['a b c ett två tre', 'plate', 'a b c ett två tre'],
    ['Adam Bertil Cesar 123', 'plate', 'Adam Bertil Cesar 123'],
  ])('%s', (text, type, stretch) => {
    expect(found(text)).toEqual([[type, stretch]]);
  });
});

describe('addresses', () => {
  it.each([
    ['mejla anna.b@exempel.se så', 'email', 'anna.b@exempel.se'],
    ['kalle punkt b snabel a exempel punkt se', 'email', 'kalle punkt b snabel a exempel punkt se'],
    ['det är info snabela gmail com', 'email', 'info snabela gmail com'],
    ['lampan vid Ekvägen 14 B är trasig', 'address', 'Ekvägen 14 B'],
    ['storgatan tolv, lägenhet 1203', 'address', 'storgatan tolv, lägenhet 1203'],
    ['Sankt Olofs gata 3', 'address', 'Sankt Olofs gata 3'],
    ['jag bor på björkstigen', 'address', 'björkstigen'],
    ['Ringvägen 4, 123 45 Storstad', 'address', 'Ringvägen 4, 123 45 Storstad'],
  ])('%s', (text, type, stretch) => {
    expect(found(text)).toEqual([[type, stretch]]);
  });
});

describe('names', () => {
  it.each([
    ['jag pratade med Birgitta som var jättesnäll', 'Birgitta'],
    ['hej jag heter amina rashid och bor här', 'amina rashid'],
    ['det är Per Åberg här', 'Per Åberg'],
    ['tack till Maj-Britt', 'Maj-Britt'],
    ['handläggaren svensson svarade', 'svensson'],
    ['mitt namn är Zlobodan Quist', 'Zlobodan Quist'],
    ['Karin af Ekenstam tog emot mig', 'Karin af Ekenstam'],
    ['Ahmeds ärende', 'Ahmeds'],
  ])('%s', (text, stretch) => {
    expect(found(text)).toEqual([['name', stretch]]);
  });
});

describe('what identifies nobody', () => {
  it.each([
    'jag väntade i 45 minuter och sedan två timmar till',
    'läsåret 2023/2024 blev bra',
    'den 12/5 2024 klockan 15.30',
    'ringde 112 och sedan 1177 och 114 14',
    'det kostade 1 250 000 kronor',
    'hans bil står i vår gata per automatik',
    'björken i parken är sjuk och sten ligger på vägen',
    'det tog sjuttio år och en dag',
    'en två tre så var det klart',
    'gatlyktan på Storgatan är trasig',
    'vi bor på en återvändsgata',
    'min mamma har hemtjänst, LSS 123 heter det inte',
    'Tack så mycket! Hejdå.',
    'det heter Göta Kanal eller bygglov',
    'dom sa att det är klart i maj',
  ])('%s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('the whole', () => {
  it('replaces each identifier by its kind in Swedish, and tells its place in the original', () => {
    const text = 'Hej, Birgitta här, 850312-1238, ring 070-123 45 67.';
    expect(redact(text)).toBe('Hej, [namn] här, [personnummer], ring [telefonnummer].');
  });

  it('changes nothing the second time', () => {
    const parts = fc.constantFrom(
      'jag heter', 'Anna', 'svensson', '850312-1238', 'noll', 'sju', 'tjugo', 'två', '0701', '23', '-', 'Storgatan', '12', 'ABC', 'snabel', 'a', 'punkt', 'se', '[namn]', '.', 'bilen', 'konto', 'och', 'ring', 'Per', 'är', 'här', '@',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 14 }), (words) => {
        const once = redact(words.join(' '));
        expect(redact(once)).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes any text, and gives places that are ordered, disjoint and inside it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' })), (text) => {
        let at = 0;
        for (const { start, end } of redactWithFindings(text).found) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(at).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  it('takes out every personnummer, however it is written', () => {
    const dates = fc.date({ min: new Date('1925-01-01'), max: new Date('2019-12-31'), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10).replaceAll('-', ''));
    fc.assert(
      fc.property(dates, fc.integer({ min: 0, max: 999 }), fc.constantFrom('-', '', ' ', '+'), fc.boolean(), (date, serial, joint, isLong) => {
        const nine = date.slice(2) + String(serial).padStart(3, '0');
        const check = [...'0123456789'].find((digit) => passesLuhn(nine + digit)) ?? '';
        const written = `${isLong ? date : date.slice(2)}${joint}${nine.slice(6)}${check}`;
        expect(redact(`mitt nummer är ${written} tack`)).not.toContain(nine.slice(6) + check);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses a text beyond its limit', () => {
    expect(() => redact('a'.repeat(MAX_REDACTED_LENGTH + 1))).toThrow(expect.objectContaining({ code: 'TEXT_LIMIT' }));
  });
});
