import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compressionRatio, creditKind, hasWords, isToneText } from '../../src/transcription/hallucination.js';

describe('creditKind', () => {
  it.each([
    'Undertexter från Amara.org-gemenskapen',
    'Undertexter av Amara.org gemenskapen.',
    'Svensktextning.nu',
    'Textning Anna Ek www.btistudios.com',
    'Svensk text: BTI Studios',
    'Amara.org',
  ])('knows the credit %o', (text) => {
    expect(creditKind(text)).toBe('credit');
  });

  it.each(['Tack för att ni tittade!', 'Tack för att du har tittat på den här videon.', 'Prenumerera på kanalen', 'Undertexter: Åsa Öberg', 'Textning'])(
    'is not sure about %o',
    (text) => {
      expect(creditKind(text)).toBe('maybe');
    },
  );

  it.each([
    'Tack så mycket.',
    'Tack.',
    'Tack så mycket för hjälpen!',
    'Tack för att du tittade på mitt ärende.',
    'Tack för att ni lyssnade på mig, det är ovanligt.',
    'Undertexterna på er film var obegripliga och kom för sent.',
    'Texterna på webbplatsen är svåra att förstå.',
    'Text och bild på hemsidan',
    'www.malmö.se',
    'Jag vill prenumerera på nyhetsbrevet.',
    'Hej då.',
    '',
  ])('leaves %o to the citizen', (text) => {
    expect(creditKind(text)).toBeUndefined();
  });

  it('looks at the whole text: a credit among other words is none', () => {
    fc.assert(
      fc.property(fc.constantFrom('Svensktextning.nu', 'Prenumerera på kanalen', 'Amara.org'), (credit) => {
        expect(creditKind(`Det var bra. ${credit}`)).toBeUndefined();
      }),
    );
  });
});

describe('compressionRatio', () => {
  it('is above the limit of the reference for what repeats itself, and below for what people say', () => {
    expect(compressionRatio('Jag tycker att det är bra. '.repeat(12))).toBeGreaterThan(2.4);
    expect(
      compressionRatio(
        'Handläggaren var jättetrevlig och hjälpte mig med ansökan om förskoleplats, men jag fick vänta i över en timme i telefonkön ' +
          'innan någon svarade, och det tycker jag är alldeles för lång tid för en så enkel fråga.',
      ),
    ).toBeLessThan(2);
    expect(compressionRatio('')).toBe(0);
  });
});

describe('hasWords', () => {
  it.each([
    ['…', false],
    [' - !?', false],
    ['', false],
    ['å', true],
    ['7', true],
  ])('%o: %s', (text, expected) => {
    expect(hasWords(text)).toBe(expected);
  });
});

describe('what is written for tones', () => {
  it.each(['URÄRÄÄR', 'URÄRÄÄR.', 'ENGRÄRRÄRE'])('is %s', (text) => expect(isToneText(text)).toBe(true));
  it.each(['LSS', 'BVC.', 'Bra', 'JA TACK det var bra', 'Mycket BRA'])('is not %s', (text) => expect(isToneText(text)).toBe(false));
});
