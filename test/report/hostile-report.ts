import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildReport } from '../../src/report/build-report.js';
import type { ReportOptions } from '../../src/report/build-report.js';
import type { Report } from '../../src/report/report.js';
import { SqliteStore } from '../../src/survey/sqlite-store.js';
import type { NewResponse } from '../../src/survey/store.js';
import { readSurveyFile } from '../../src/survey/survey-file.js';
import { classified, response } from '../survey/make-responses.js';

/** Names of units that a spreadsheet would run, and what stands in their place. */
export const HOSTILE_UNITS: Readonly<Record<string, string>> = {
  '=HYPERLINK("http://example.org";"Kontaktcenter")': `'=HYPERLINK("http://example.org";"Kontaktcenter")`,
  '+46 8 123': "'+46 8 123",
  '-1+1': "'-1+1",
  '@SUM(A1:A9)': "'@SUM(A1:A9)",
  '\uFF1Dcmd': "'\uFF1Dcmd",
  'Åäö & <Växel>': 'Åäö & <Växel>',
};

/** Those of the survey. */
const QUESTIONS = ['bemotande', 'kunskap', 'vantetid', 'webbplats', 'tjansten', 'svar_direkt', 'helhet'];

/**
 * A report of three municipalities and two years in which units have names that would be run, one unit and one municipality are too
 * small to be shown, and everything else has figures.
 */
export async function hostileReport(options: ReportOptions = {}): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'tonalitet-hostile-'));
  try {
    await using store = await SqliteStore.open(join(folder, 'hostile.db'), { create: true });
    await store.add(responses());
    return await buildReport(store, { survey: await readSurveyFile(fileURLToPath(new URL('../../samples/survey.sv.yaml', import.meta.url))), ...options });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function responses(): NewResponse[] {
  const made: NewResponse[] = [];
  const add = (municipality: string, unit: string | null, year: number, count: number): void => {
    for (let index = 0; index < count; index++) {
      const tonality = (['positiv', 'skeptisk', 'negativ'] as const)[(Math.floor(index / 3) + year) % 3]!;
      const area = (['handlaggare', 'tid', 'kommunala_tjanster'] as const)[index % 3]!;
      made.push(
        response(`${municipality} ${unit} ${year} ${index}`, {
          municipality,
          unit,
          contactedAt: new Date(Date.UTC(year, index % 12, 10, 9)),
          ratings: QUESTIONS.map((question, place) => ({ question, value: question === 'svar_direkt' ? index % 2 : 1 + ((index + place) % 5) })),
          comment: classified({ tonality, areas: [{ area, tonality, probability: null }], services: area === 'kommunala_tjanster' ? ['bostad'] : [], uncertain: index % 9 === 0 }),
        }),
      );
    }
    made.push(response(`${municipality} ${unit} ${year} nobody`, { municipality, unit, participation: 'no_answer', contactedAt: new Date(Date.UTC(year, 3, 3)) }));
  };
  for (const year of [2019, 2020]) {
    Object.keys(HOSTILE_UNITS).forEach((unit, index) => add('0180', unit, year, 15 + index));
    add('0180', 'Liten', year, 3);
    add('1480', null, year, 44);
    add('1280', null, year, 37);
    add('2584', null, year, 2);
  }
  return made;
}
