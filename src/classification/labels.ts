/** The attitude of a comment as a whole, in the order of the model's outputs. */
export const TONALITIES = ['positiv', 'skeptisk', 'negativ'] as const;
export type Tonality = (typeof TONALITIES)[number];

/** What a comment can be about, in the order of the model's outputs. */
export const AREAS = ['handlaggare', 'digitala_tjanster', 'kommunala_tjanster', 'tid', 'helhet'] as const;
export type Area = (typeof AREAS)[number];

/** The municipality's services; a comment has some only where it judges `kommunala_tjanster`. In the order of the model's outputs. */
export const SERVICES = [
  'omsorg_stod',
  'forskola_skola',
  'bygg_miljo',
  'gata_park_trafik',
  'vatten_avfall',
  'kultur_fritid',
  'bostad',
  'ekonomiskt_bistand',
  'ovrigt',
] as const;
export type Service = (typeof SERVICES)[number];
