import { AREAS, SERVICES, TONALITIES } from '../../classification/labels.js';
import type { Area, Service, Tonality } from '../../classification/labels.js';
import { changeLabels } from '../../survey/label-change.js';
import type { Labels } from '../../survey/response.js';
import { FaultError } from '../fault.js';
import { isObject } from '../fields.js';
import { QUOTES_PATH } from './choice-url.js';

export const CORRECTION_PATH = '/rapport/kommentarer/ratta';

/** An id as the store makes them, or as another system's call ids that were taken over. */
const ID = /^[^\p{Cc}]{1,256}$/u;

/** What somebody wants a comment's labels to be. */
export interface CorrectionInput {
  readonly id: string;
  readonly labels: Labels;
  /** How many corrections they saw. */
  readonly seen: number;
}

const NOTHING: Labels = { tonality: null, areas: [], services: [] };

/** @throws FaultError `bad_message`. @param body `{id, seen, tonality, areas: {tid: 'negativ'}, services: ['bostad']}`. */
export function correctionOfJson(body: unknown): CorrectionInput {
  if (!isObject(body)) throw bad('a JSON object');
  const { id, seen, tonality, areas = {}, services = [] } = body;
  if (!isObject(areas) || !Array.isArray(services)) throw bad('areas as an object and services as a list');
  return correction(id, seen, tonality, Object.entries(areas), services);
}

/** @throws FaultError `bad_message`. @param form as the page sends it. */
export function correctionOfForm(form: URLSearchParams): CorrectionInput {
  const seen = /^\d{1,6}$/.test(form.get('seen') ?? '') ? Number(form.get('seen')) : undefined;
  const tonality = form.get('tonality');
  const areas = AREAS.map((area): [string, unknown] => [area, form.get(`area.${area}`) ?? '']).filter(([, how]) => how !== '');
  // Without a tonality there is nothing that it could be about: the page leaves the other fields as they were.
  if (tonality === 'none') return correction(form.get('id'), seen, null, [], []);
  const hasServices = areas.some(([area]) => area === 'kommunala_tjanster');
  return correction(form.get('id'), seen, tonality, areas, hasServices ? form.getAll('service') : []);
}

/** Where a form leads back to: a page of comments, whatever the form says. */
export function returnPath(form: URLSearchParams): string {
  const path = form.get('return') ?? '';
  const url = URL.canParse(path, 'http://server') ? new URL(path, 'http://server') : undefined;
  return url?.origin === 'http://server' && url.pathname === QUOTES_PATH ? `${QUOTES_PATH}${url.search}` : QUOTES_PATH;
}

function correction(id: unknown, seen: unknown, tonality: unknown, areas: readonly (readonly [string, unknown])[], services: readonly unknown[]): CorrectionInput {
  if (typeof id !== 'string' || !ID.test(id)) throw bad('id as the comments have it');
  if (typeof seen !== 'number' || !Number.isInteger(seen) || seen < 0) throw bad('seen as a whole number');
  if (tonality !== null && !isOne(TONALITIES, tonality)) throw bad(`tonality as null or one of ${TONALITIES.join(', ')}`);
  const setAreas = new Map<Area, Tonality>();
  for (const [area, how] of areas) {
    if (!isOne(AREAS, area) || !isOne(TONALITIES, how)) throw bad(`areas (${AREAS.join(', ')}), each with one of ${TONALITIES.join(', ')}`);
    setAreas.set(area, how);
  }
  const addServices = new Set<Service>();
  for (const service of services) {
    if (!isOne(SERVICES, service)) throw bad(`services among ${SERVICES.join(', ')}`);
    addServices.add(service);
  }
  try {
    return { id, seen, labels: changeLabels(NOTHING, { tonality, setAreas, removeAreas: new Set(), addServices, removeServices: new Set() }) };
  } catch (error) {
    if (error instanceof RangeError) throw new FaultError('bad_message', error.message);
    throw error;
  }
}

function isOne<Value extends string>(values: readonly Value[], value: unknown): value is Value {
  return (values as readonly unknown[]).includes(value);
}

function bad(expected: string): FaultError {
  return new FaultError('bad_message', `Expected ${expected}, got something else.`);
}
