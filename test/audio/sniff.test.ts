import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SNIFF_BYTES, sniffAudio } from '../../src/audio/sniff.js';
import { ascii, concat, makeWav } from './make-wav.js';

const binaryTail = Uint8Array.from({ length: 600 }, (_, i) => (i * 89 + 7) & 0xff);
const swedish = 'Jag är nöjd med bemötandet, men väntetiden var för lång. Återkom gärna på måndag!\r\n';

describe('sniffAudio', () => {
  it.each([
    ['no bytes', new Uint8Array(0), 'empty'],
    ['RIFF', makeWav(), 'wav'],
    ['RIFX', makeWav({ form: 'RIFX' }), 'wav'],
    ['RF64', makeWav({ form: 'RF64' }), 'wav'],
    ['a cut RIFF header', ascii('RIFF\0\0'), 'wav'],
    ['AVI', concat(ascii('RIFF\0\0\0\0AVI '), binaryTail), 'other-riff'],
    ['MP3 with a tag', concat(ascii('ID3\x03\0\0'), binaryTail), 'binary'],
    ['MP3 that begins like a byte order mark', concat(Uint8Array.of(0xff, 0xfe), binaryTail), 'binary'],
    ['Ogg', concat(ascii('OggS\0\x02'), binaryTail), 'binary'],
    ['FLAC', concat(ascii('fLaC\0\0\0\x22'), binaryTail), 'binary'],
    ['MP4', concat(ascii('\0\0\0\x20ftypM4A '), binaryTail), 'binary'],
    ['AMR', ascii('#!AMR\n<h<h<h<h'), 'binary'],
    ['UTF-8', new TextEncoder().encode(swedish.repeat(20)), 'text'],
    ['UTF-8 with a byte order mark', new TextEncoder().encode(`\uFEFF${swedish}`), 'text'],
    ['Latin-1', ascii(swedish), 'text'],
    ['UTF-16', new Uint8Array(Buffer.from(`\uFEFF${swedish}`, 'utf16le')), 'text'],
    ['a web page', ascii('<!DOCTYPE html><title>502 Bad Gateway</title>'), 'text'],
    ['an HLS playlist', ascii('#EXTM3U\n#EXTINF:10,\nfile:///a\n'), 'text'],
    ['one letter', ascii('a'), 'text'],
  ])('takes %s for what it is', (_, bytes, kind) => {
    expect(sniffAudio(bytes.subarray(0, SNIFF_BYTES))).toBe(kind);
  });

  it('is not misled by where in a character the head ends', () => {
    const bytes = new TextEncoder().encode('åäö'.repeat(200));
    fc.assert(
      fc.property(fc.integer({ min: 2, max: SNIFF_BYTES }), (length) => {
        expect(sniffAudio(bytes.subarray(0, length))).toBe('text');
      }),
    );
  });

  it('gives a kind for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: SNIFF_BYTES }), (bytes) => {
        expect(['empty', 'wav', 'other-riff', 'text', 'binary']).toContain(sniffAudio(bytes));
      }),
    );
  });
});
