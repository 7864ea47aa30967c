import { readChecked } from './checked-file.js';
import type { FileKind } from './checked-file.js';
import { checkSurvey } from './survey.js';
import type { Survey } from './survey.js';

export const SURVEY_FILE: FileKind<Survey> = { noun: 'a survey file', code: 'SURVEY_INVALID', check: checkSurvey };

/** Reads a survey file. @throws TonalitetError `FILE_NOT_FOUND`, `FILE_UNREADABLE`, or `SURVEY_INVALID` with the place of each problem. */
export async function readSurveyFile(path: string): Promise<Survey> {
  return readChecked(path, SURVEY_FILE);
}
