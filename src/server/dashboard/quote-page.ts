import { AREAS, SERVICES, TONALITIES } from '../../classification/labels.js';
import { escapeHtml } from '../../report/html-table.js';
import { AREA_NAMES, SERVICE_NAMES, TONALITY_NAMES, periodName } from '../../report/swedish.js';
import { municipalityTitle } from '../../survey/municipalities.js';
import type { Labels } from '../../survey/response.js';
import { MAX_SEARCH_CHARACTERS } from '../../survey/search-terms.js';
import type { Extent, Quote } from '../../survey/store-queries.js';
import { searchHits } from '../../survey/swedish-stems.js';
import { QUOTES_PATH, quotesHref } from './choice-url.js';
import type { QuoteChoice } from './choice-url.js';
import { CORRECTION_PATH } from './correction-input.js';
import { dayField, municipalityField, select, unitField } from './filter-form.js';

/** A comment with how many corrections it has; `null` for who may not correct. */
export interface ShownQuote extends Quote {
  readonly seen: number | null;
}

export interface QuotePageParts {
  readonly choice: QuoteChoice;
  readonly quotes: readonly ShownQuote[];
  readonly next: string | null;
  readonly extent: Extent;
  /** What became of the correction that led here. */
  readonly notice: string | undefined;
}

/** Comments to read: the form that chooses them, the comments, and the way to the next page. */
export function quoteMain({ choice, quotes, next, extent, notice }: QuotePageParts): string {
  const here = quotesHref(choice);
  const list = quotes.map((quote) => quoteItem(quote, choice, here)).join('\n');
  const { after: _, ...first } = choice;
  const more = next === null ? '' : `<a href="${escapeHtml(quotesHref({ ...first, after: next }))}">Äldre kommentarer</a>`;
  const start = choice.after === undefined ? '' : `<a href="${escapeHtml(quotesHref(first))}">Till de senaste</a>`;
  return `${notice === undefined ? '' : `<p class="notice" role="status">${escapeHtml(notice)}</p>`}
${quoteForm(choice, extent)}
<p class="quiet">Avidentifierade av programmet; något kan ha blivit kvar. Varje visning skrivs i granskningsloggen.</p>
<h2>${quotes.length === 0 ? 'Inga kommentarer i urvalet' : 'Kommentarer, de senaste först'}</h2>
<ol class="quotes">${list}</ol>
${more === '' && start === '' ? '' : `<nav class="pages" aria-label="Sidor">${start} ${more}</nav>`}`;
}

function quoteForm(choice: QuoteChoice, extent: Extent): string {
  const all = (name: string): { value: string; name: string } => ({ value: '', name });
  const { municipalities, unit, area, service, tonality, uncertain, search } = choice;
  return `<form class="filters" method="get" action="${QUOTES_PATH}" aria-label="Urval">
<div class="fields">
<div class="field wide"><label for="urval-search">Ord, eller "fraser"</label><input type="search" id="urval-search" name="search" value="${escapeHtml(search ?? '')}" maxlength="${MAX_SEARCH_CHARACTERS}" autocomplete="off"></div>
${select('tonality', 'Tonalitet', [all('Alla'), ...TONALITIES.map((value) => ({ value, name: TONALITY_NAMES[value] })), { value: 'none', name: 'Utan åsikt' }], tonality ?? '')}
${select('area', 'Område', [all('Alla områden'), ...AREAS.map((value) => ({ value, name: AREA_NAMES[value] }))], area ?? '')}
${select('service', 'Tjänst', [all('Alla tjänster'), ...SERVICES.map((value) => ({ value, name: SERVICE_NAMES[value] }))], service ?? '')}
${dayField('from', 'Från', choice.from ?? '')}
${dayField('to', 'Till', choice.to ?? '')}
${municipalityField(extent, municipalities)}
${unitField(extent, municipalities, unit)}
<label class="box"><input type="checkbox" name="uncertain" value="1"${uncertain ? ' checked' : ''}> Bara osäkra</label>
</div>
<p class="buttons"><button>Sök</button> <a href="${QUOTES_PATH}">Rensa urvalet</a></p>
</form>`;
}

function quoteItem(quote: ShownQuote, { search }: QuoteChoice, here: string): string {
  const { id, municipality, unit, day, text, labels, uncertain, corrected, seen } = quote;
  const place = `${municipalityTitle(municipality)}${unit === null ? '' : `, ${unit}`}`;
  const states = [...(uncertain ? ['osäker'] : []), ...(corrected ? ['rättad'] : [])];
  const name = `c-${escapeHtml(id)}`;
  return `<li id="${name}">
<blockquote><p>${marked(text, search)}</p></blockquote>
<p class="quiet">${escapeHtml(place)}, <time datetime="${day}">${periodName(day)}</time>${states.map((state) => ` · ${state}`).join('')}</p>
<ul class="labels" aria-label="Etiketter">${labelItems(labels)}</ul>
${seen === null ? '' : correctionForm(id, labels, seen, here)}
</li>`;
}

function labelItems({ tonality, areas, services }: Labels): string {
  const item = (text: string, kind = ''): string => `<li${kind === '' ? '' : ` class="${kind}"`}>${escapeHtml(text)}</li>`;
  return [
    item(tonality === null ? 'Utan åsikt' : TONALITY_NAMES[tonality], tonality ?? ''),
    ...areas.map(({ area, tonality: how }) => item(`${AREA_NAMES[area]}: ${TONALITY_NAMES[how].toLowerCase()}`, how)),
    ...services.map((service) => item(SERVICE_NAMES[service])),
  ].join('');
}

/** Every label as it is, to be changed: what is sent is the whole of them. */
function correctionForm(id: string, { tonality, areas, services }: Labels, seen: number, here: string): string {
  const whole = [...TONALITIES.map((value) => ({ value, name: TONALITY_NAMES[value] })), { value: 'none', name: 'Utan åsikt' }];
  const ofArea = [{ value: '', name: 'Nämns inte' }, ...TONALITIES.map((value) => ({ value, name: TONALITY_NAMES[value] }))];
  const areaFields = AREAS.map((area) => select(`area.${area}`, AREA_NAMES[area], ofArea, areas.find((label) => label.area === area)?.tonality ?? '', id));
  const serviceFields = SERVICES.map(
    (service) => `<label><input type="checkbox" name="service" value="${service}"${services.includes(service) ? ' checked' : ''}> ${SERVICE_NAMES[service]}</label>`,
  );
  return `<details class="correct"><summary>Rätta etiketterna</summary>
<form method="post" action="${CORRECTION_PATH}">
<input type="hidden" name="id" value="${escapeHtml(id)}"><input type="hidden" name="seen" value="${seen}"><input type="hidden" name="return" value="${escapeHtml(here)}">
<div class="fields">${select('tonality', 'Hela kommentaren', whole, tonality ?? 'none', id)}${areaFields.join('')}</div>
<fieldset><legend>Tjänster, om kommunala tjänster nämns</legend>${serviceFields.join('')}</fieldset>
<p class="buttons"><button>Spara rättelsen</button></p>
</form></details>`;
}

/** A text with what was searched for marked in it. */
function marked(text: string, search: string | undefined): string {
  if (search === undefined) return escapeHtml(text);
  let [html, end] = ['', 0];
  for (const [from, to] of searchHits(text, search)) {
    html += `${escapeHtml(text.slice(end, from))}<mark>${escapeHtml(text.slice(from, to))}</mark>`;
    end = to;
  }
  return html + escapeHtml(text.slice(end));
}
