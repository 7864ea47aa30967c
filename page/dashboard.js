// The pages work without this. It keeps an open report up to date, and says at once what the forms would be refused for.

/** A view is not fetched again more often than this, and not by everybody at the same moment. */
const SHORTEST_MS = 10_000;
const SPREAD_MS = 3_000;

const live = document.getElementById('live');
if (document.body.hasAttribute('data-live') && 'EventSource' in window) keepUpToDate();

for (const field of document.querySelectorAll('fieldset[data-most]')) {
  const most = Number(field.dataset.most);
  const boxes = [...field.querySelectorAll('input[type=checkbox]')];
  const check = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    for (const box of boxes) box.disabled = !box.checked && chosen >= most;
  };
  field.addEventListener('change', check);
  check();
}

function keepUpToDate() {
  let events;
  let timer;
  let lastMs = -Infinity;
  const open = () => {
    if (events !== undefined) return;
    events = new EventSource('/rapport/api/events');
    events.addEventListener('changed', plan);
    events.addEventListener('open', () => {
      // What came while nobody listened is fetched too.
      if (lastMs > -Infinity || live.dataset.missed === 'yes') plan();
      live.dataset.missed = 'no';
    });
    events.addEventListener('error', () => {
      live.dataset.missed = 'yes';
      if (events?.readyState === EventSource.CLOSED) say('Uppdateras inte längre av sig själv. Ladda om sidan.');
    });
  };
  const close = () => {
    events?.close();
    events = undefined;
    live.dataset.missed = 'yes';
  };
  const plan = () => {
    if (timer !== undefined) return;
    const waitMs = Math.max(0, lastMs + SHORTEST_MS - performance.now()) + Math.random() * SPREAD_MS;
    timer = setTimeout(async () => {
      timer = undefined;
      lastMs = performance.now();
      await update();
    }, waitMs);
  };
  // A browser has few connections to a server: tabs that nobody sees give theirs back.
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()));
  if (!document.hidden) open();
}

/** Fetches the same page, and puts its contents in place of these; where the reader is, and what they have open, stays. */
async function update() {
  let text;
  try {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (!response.ok) {
      if (response.status === 401) say('Du är utloggad. Ladda om sidan för att logga in igen.');
      return;
    }
    text = await response.text();
  } catch {
    return;
  }
  const fresh = new DOMParser().parseFromString(text, 'text/html').querySelector('main');
  const main = document.querySelector('main');
  if (fresh === null || fresh.innerHTML === main.innerHTML) return;
  const path = pathTo(document.activeElement, main);
  const scrolled = [...main.querySelectorAll('.table, .picture')].map((element) => element.scrollLeft);
  main.replaceChildren(...fresh.childNodes);
  [...main.querySelectorAll('.table, .picture')].forEach((element, index) => (element.scrollLeft = scrolled[index] ?? 0));
  path?.reduce((element, index) => element?.children[index], main)?.focus({ preventScroll: true });
  say(`Uppdaterad ${new Date().toLocaleTimeString('sv-SE')}.`);
}

/** Which child of which child an element is; undefined where it is not inside. */
function pathTo(element, root) {
  const path = [];
  for (let at = element; at !== root; at = at.parentElement) {
    if (at === null || at.parentElement === null) return undefined;
    path.unshift([...at.parentElement.children].indexOf(at));
  }
  return path.length === 0 ? undefined : path;
}

function say(text) {
  live.textContent = text;
}
