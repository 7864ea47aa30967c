import type { Tonality } from '../classification/labels.js';
import type { TextStyle } from './pdf-document.js';

/* The look of the report on paper: the colours of html-style.ts in their light variant, and sizes in points. */

export const INK = '#16202a';
export const QUIET = '#4d5966';
export const LINE = '#c9d0d7';
export const BAND = '#f0f3f5';
export const PAPER = '#ffffff';
export const COLOURS: Readonly<Record<Tonality, string>> = { positiv: '#1c6873', skeptisk: '#9a6a00', negativ: '#a8382a' };

export const TITLE: TextStyle = { size: 20, bold: true, colour: INK };
export const HEADING: TextStyle = { size: 13, bold: true, colour: INK };
export const SUBHEADING: TextStyle = { size: 10.5, bold: true, colour: INK };
export const BODY: TextStyle = { size: 9, colour: INK };
export const QUIET_BODY: TextStyle = { size: 9, colour: QUIET };
export const CAPTION: TextStyle = { size: 8, colour: QUIET };
export const CELL: TextStyle = { size: 7.5, colour: INK };
export const BOLD_CELL: TextStyle = { ...CELL, bold: true };
export const SMALL_CELL: TextStyle = { size: 6, colour: QUIET };
export const QUIET_CELL: TextStyle = { ...CELL, colour: QUIET };
export const CHART: TextStyle = { size: 8, colour: INK };
export const BOLD_CHART: TextStyle = { ...CHART, bold: true };
export const AXIS: TextStyle = { size: 7, colour: QUIET };
