import { AREAS, SERVICES } from '../classification/labels.js';
import type { Area, Service, Tonality } from '../classification/labels.js';
import type { Labels } from './response.js';

/** What a person changes of a comment's labels; what is not named stays. */
export interface LabelChange {
  /** `null`: the comment judges nothing, and loses its areas and services. */
  readonly tonality?: Tonality | null;
  readonly setAreas: ReadonlyMap<Area, Tonality>;
  readonly removeAreas: ReadonlySet<Area>;
  readonly addServices: ReadonlySet<Service>;
  readonly removeServices: ReadonlySet<Service>;
}

/** @throws RangeError for labels that contradict each other. */
export function changeLabels(labels: Labels, change: LabelChange): Labels {
  const tonality = change.tonality === undefined ? labels.tonality : change.tonality;
  if (tonality === null) {
    if (change.setAreas.size > 0 || change.addServices.size > 0) {
      throw new RangeError('expected a tonality beside areas and services, got a comment without one; set its tonality too');
    }
    return { tonality: null, areas: [], services: [] };
  }
  const areas = AREAS.flatMap((area) => {
    const set = change.setAreas.get(area);
    if (set !== undefined) return [{ area, tonality: set, probability: null }];
    return change.removeAreas.has(area) ? [] : labels.areas.filter((label) => label.area === area);
  });
  const judgesServices = areas.some(({ area }) => area === 'kommunala_tjanster');
  if (!judgesServices && change.addServices.size > 0) {
    throw new RangeError("expected the area 'kommunala_tjanster' beside services; set that area too");
  }
  const kept = (service: Service): boolean => change.addServices.has(service) || (labels.services.includes(service) && !change.removeServices.has(service));
  return { tonality, areas, services: judgesServices ? SERVICES.filter(kept) : [] };
}
