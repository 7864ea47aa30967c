const element = (id) => document.getElementById(id);
const NAMES = {
  handlaggare: 'handläggare',
  digitala_tjanster: 'digitala tjänster',
  kommunala_tjanster: 'kommunala tjänster',
  tid: 'tid',
  helhet: 'helhet',
};
const REASONS = { no_text: 'ingen text', no_speech: 'inget tal hördes', no_opinion: 'ingen åsikt' };
const FAULTS = {
  1006: 'Servern nåddes inte. Kräver den en nyckel, eller har den fullt?',
  1013: 'Servern har fullt just nu. Försök igen om en stund.',
  4401: 'Nyckeln stämmer inte.',
};

let recording;

element('record').addEventListener('click', () => (recording === undefined ? start() : stop()));
element('file').addEventListener('change', ({ target }) => upload(target.files[0]));
const dropZone = document.querySelector('.file');
for (const type of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    dropZone.classList.toggle('over', type === 'dragover');
    if (type === 'drop') upload(event.dataTransfer.files[0]);
  });
}

async function start() {
  clear();
  say('Väntar på mikrofonen …');
  let media;
  let context;
  try {
    media = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
    context = new AudioContext();
    await context.audioWorklet.addModule('/capture.js');
  } catch {
    media?.getTracks().forEach((track) => track.stop());
    say('Mikrofonen kunde inte användas. Tillåt den i webbläsaren, och försök igen.');
    return;
  }
  const token = element('token').value;
  const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/v1/stream`, ['tonalitet.v1', ...(token === '' ? [] : [`tonalitet.token.${token}`])]);
  const capture = new AudioWorkletNode(context, 'capture', { numberOfOutputs: 0 });
  const current = { media, context, socket, sentS: 0, startedMs: 0 };
  recording = current;
  socket.addEventListener('open', () => {
    socket.send(JSON.stringify({ type: 'start', encoding: 'l16', sample_rate: context.sampleRate, tonality: 'running', metadata: { keep: 'no' } }));
    context.createMediaStreamSource(media).connect(capture);
    pressed(true);
    say('Lyssnar. Tryck igen när du har talat klart.');
  });
  capture.port.addEventListener('message', ({ data }) => {
    level(data);
    if (socket.readyState !== WebSocket.OPEN) return;
    current.sentS += data.length / context.sampleRate;
    current.startedMs = performance.now() - current.sentS * 1_000;
    socket.send(toL16(data));
  });
  capture.port.start();
  socket.addEventListener('message', ({ data }) => show(JSON.parse(data), current));
  socket.addEventListener('close', ({ code }) => {
    release(current);
    if (code !== 1000) say(FAULTS[code] ?? `Samtalet avbröts (kod ${code}).`);
  });
}

function stop() {
  const { socket, media } = recording;
  media.getTracks().forEach((track) => track.stop());
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: 'CloseStream' }));
  else socket.close();
  pressed(false);
  say('Skriver klart …');
}

function release(current) {
  current.media.getTracks().forEach((track) => track.stop());
  void current.context.close();
  if (recording === current) recording = undefined;
  pressed(false);
  element('level').value = 0;
}

async function upload(file) {
  if (file === undefined) return;
  clear();
  say('Skickar inspelningen …');
  const token = element('token').value;
  try {
    const response = await fetch('/v1/comments', { method: 'POST', body: file, headers: token === '' ? {} : { authorization: `Bearer ${token}` } });
    const body = await response.json();
    if (!response.ok) return say(`Inspelningen kunde inte användas: ${body.detail}`);
    element('finals').textContent = body.text;
    verdict(body);
    say('Klart.');
  } catch {
    say('Servern nåddes inte.');
  }
}

function show(message, current) {
  if (message.type === 'result') {
    element('partial').textContent = message.is_final ? '' : message.text;
    if (!message.is_final) return;
    if (message.text !== '') element('finals').textContent += `${element('finals').textContent === '' ? '' : '\n'}${message.text}`;
    element('latency').textContent = `${((performance.now() - current.startedMs) / 1_000 - message.end).toFixed(1).replace('.', ',')} s`;
  } else if (message.type === 'tonality' && message.scope === 'comment') verdict(message);
  else if (message.type === 'lag') say(message.behind ? 'Servern ligger efter; texten kommer.' : 'Lyssnar.');
  else if (message.type === 'lost') say('En bit av talet kunde inte skrivas ut.');
  else if (message.type === 'ended') {
    verdict(message.comments[0]);
    say('Klart.');
  }
}

function verdict({ tonality, reason, areas = [] }) {
  element('tonality').textContent = tonality ?? REASONS[reason] ?? '–';
  element('areas').replaceChildren(
    ...areas.map(({ area, tonality: towards }) => {
      const item = document.createElement('li');
      item.textContent = `${NAMES[area] ?? area}: ${towards}`;
      return item;
    }),
  );
}

function clear() {
  for (const id of ['finals', 'partial']) element(id).textContent = '';
  element('tonality').textContent = '–';
  element('areas').replaceChildren();
  element('latency').textContent = '–';
}

function say(text) {
  element('status').textContent = text;
}

function pressed(isPressed) {
  element('record').setAttribute('aria-pressed', String(isPressed));
  element('record').textContent = isPressed ? 'Sluta tala in' : 'Tala in';
}

function level(samples) {
  const sum = samples.reduce((total, sample) => total + sample * sample, 0);
  element('level').value = Math.min(1, Math.sqrt(sum / samples.length) * 4);
}

function toL16(samples) {
  const bytes = new DataView(new ArrayBuffer(samples.length * 2));
  samples.forEach((sample, i) => bytes.setInt16(2 * i, Math.round(Math.max(-1, Math.min(32_767 / 32_768, sample)) * 32_768), true));
  return bytes.buffer;
}
