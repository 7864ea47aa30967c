import { AREAS } from '../../classification/labels.js';
import { MAX_COMPARED } from '../../report/build-view.js';
import type { View } from '../../report/build-view.js';
import { escapeHtml } from '../../report/html-table.js';
import { AREA_NAMES, PERIOD_NAMES, periodName } from '../../report/swedish.js';
import { municipalityTitle } from '../../survey/municipalities.js';
import { PERIODS } from '../../survey/store-queries.js';
import type { Extent } from '../../survey/store-queries.js';
import { NO_UNIT, VIEW_PATH } from './choice-url.js';

/** A choice of a list. */
export interface Choice {
  readonly value: string;
  readonly name: string;
}

/** The form that makes a view's address. It works without script: it is sent as an address. */
export function viewForm({ choice, report: { scope }, extent }: View): string {
  const { municipalities, unit, area, compare } = choice;
  const periods = scope.periods.map((value) => ({ value, name: periodName(value) })).reverse();
  const none = { value: '', name: 'Ingen jämförelse' };
  return `<form class="filters" method="get" action="${VIEW_PATH}" aria-label="Urval">
<div class="fields">
${select('period', 'Indelning', PERIODS.map((value) => ({ value, name: PERIOD_NAMES[value] })), choice.period)}
${dayField('from', 'Från', choice.from ?? scope.from)}
${dayField('to', 'Till', choice.to ?? scope.to)}
${municipalityField(extent, municipalities)}
${unitField(extent, municipalities, unit)}
${select('area', 'Område', [{ value: '', name: 'Alla områden' }, ...AREAS.map((value) => ({ value, name: AREA_NAMES[value] }))], area ?? '')}
${periods.length < 2 || municipalities.length > 1 ? '' : `<div class="pair">${select('before', 'Jämför perioden', [none, ...periods], compare?.before ?? '')}${select('after', 'med perioden', [none, ...periods], compare?.after ?? '')}</div>`}
</div>
<p class="buttons"><button>Visa</button> <a href="${VIEW_PATH}">Rensa urvalet</a></p>
</form>`;
}

/** @param form tells its fields apart from those of other forms on the page. */
export function select(name: string, label: string, choices: readonly Choice[], chosen: string, form = 'urval'): string {
  const options = choices.map(({ value, name: text }) => `<option value="${escapeHtml(value)}"${value === chosen ? ' selected' : ''}>${escapeHtml(text)}</option>`);
  const id = escapeHtml(`${form}-${name}`);
  return `<div class="field"><label for="${id}">${escapeHtml(label)}</label><select id="${id}" name="${name}">${options.join('')}</select></div>`;
}

export function dayField(name: string, label: string, value: string): string {
  return `<div class="field"><label for="urval-${name}">${label}</label><input type="date" id="urval-${name}" name="${name}" value="${escapeHtml(value)}"></div>`;
}

/** A fold with a box for each: a list where several can be chosen with Ctrl alone is one that few can use. */
export function municipalityField({ municipalities }: Extent, chosen: readonly string[]): string {
  if (municipalities.length < 2) return '';
  const names = municipalities.map((code) => ({ code, name: municipalityTitle(code) })).sort((a, b) => a.name.localeCompare(b.name, 'sv'));
  const boxes = names.map(
    ({ code, name }) => `<label><input type="checkbox" name="municipality" value="${escapeHtml(code)}"${chosen.includes(code) ? ' checked' : ''}> ${escapeHtml(name)}</label>`,
  );
  const summary = chosen.length === 0 ? 'alla' : chosen.length === 1 ? municipalityTitle(chosen[0]!) : `${chosen.length} valda`;
  return `<details class="several"><summary>Kommuner: ${escapeHtml(summary)}</summary>
<fieldset data-most="${MAX_COMPARED}"><legend>Ingen vald är alla tillsammans. Flera, högst ${MAX_COMPARED}, jämförs med varandra.</legend>${boxes.join('')}</fieldset></details>`;
}

export function unitField(extent: Extent, municipalities: readonly string[], unit: string | null | undefined): string {
  const units = municipalities.length === 1 ? extent.units.filter(({ municipality }) => municipality === municipalities[0]) : [];
  if (units.length < 2) return '';
  const choices = units.map(({ unit: name }) => ({ value: name ?? NO_UNIT, name: name ?? 'Utan enhet' }));
  return select('unit', 'Enhet', [{ value: '', name: 'Alla enheter' }, ...choices], unit === undefined ? '' : (unit ?? NO_UNIT));
}
