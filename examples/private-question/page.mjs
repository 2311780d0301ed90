// Asks about a picture. The address of the server, the dealer and the picture are all that `ask` needs.
import { ask, asCairnError } from 'cairn-fl/inference/browser';
import { Picture } from './picture.mjs';

const element = (id) => document.getElementById(id);
const [answer, state, askButton, stopButton] = ['answer', 'state', 'ask', 'stop'].map(element);
const picture = new Picture(element('drawing'), element('pixels'), (empty) => (askButton.disabled = empty));

element('clear').onclick = () => picture.clear();
element('file').onchange = async ({ target }) => {
  try {
    if (target.files.length > 0) picture.show(await createImageBitmap(target.files[0]));
  } catch {
    say('The browser cannot read this file as an image.', true);
  }
  // So that the same file can be chosen again.
  target.value = '';
};

element('question').onsubmit = async (event) => {
  event.preventDefault();
  const controller = new AbortController();
  stopButton.onclick = () => controller.abort();
  const dealer = element('dealer').value.trim();
  asking(true);
  say('Connecting …');
  try {
    const answered = await ask(element('server').value.trim(), picture.pixels(), {
      ...(dealer === '' ? {} : { dealer }),
      signal: controller.signal,
      onProgress(progress) {
        if (progress.kind === 'offered') say(announced(progress));
      },
    });
    say('');
    show(answered);
  } catch (thrown) {
    const { code, message, hint } = asCairnError(thrown);
    if (code === 'session-closed' && controller.signal.aborted) say('Stopped.');
    else say(`${message} (${code})${hint === undefined ? '' : `: ${hint}`}`, true);
  } finally {
    asking(false);
  }
};

/** What is about to happen, before anything is computed. */
function announced({ offered, cost }) {
  const { offline, model, online, trips } = cost;
  const bytes = [offline, model, online].reduce((sum, { toSeeded, toCorrected }) => sum + toSeeded + toCorrected, 0);
  return `Asking “${offered.name}” by ${offered.system}: about ${size(bytes)} in ${trips} one-way trips …`;
}

function show({ classes, offered, offline, online, offlineMs, onlineMs, left }) {
  const { plan } = offered;
  element('class').textContent = plan.classes[classes[0]] ?? String(classes[0]);
  rows('cost', {
    'before your picture was used': spent(offlineMs, offline),
    'with your picture': spent(onlineMs, online),
    ...(left === undefined ? {} : { 'questions left': String(left) }),
  });
  const revealed = plan.reveal === 'class' ? 'the class' : `the scores of all ${plan.steps.at(-1).count} classes`;
  const layers = plan.steps.filter(({ kind }) => kind === 'linear').length;
  rows('learnt', {
    you: `${revealed}, and the shape of the network (${layers} layers with weights); no weight`,
    'the model’s owner': 'that somebody asked, and when; neither your picture nor its class',
    'the dealer': 'the shape of the network, and that somebody asked; no picture, class or weight',
  });
  answer.hidden = false;
}

function rows(table, entries) {
  element(table).replaceChildren(
    ...Object.entries(entries).map(([name, text]) => {
      const row = document.createElement('tr');
      const [head, cell] = ['th', 'td'].map((kind) => row.appendChild(document.createElement(kind)));
      head.textContent = name;
      cell.textContent = text;
      return row;
    }),
  );
}

function asking(now) {
  askButton.hidden = now;
  stopButton.hidden = !now;
  if (now) answer.hidden = true;
}

function say(text, failed = false) {
  state.textContent = text;
  state.classList.toggle('failed', failed);
}

const size = (bytes) => (bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`);
const spent = (ms, { sentBytes, receivedBytes }) =>
  `${Math.round(ms)} ms, ${size(sentBytes)} sent, ${size(receivedBytes)} received`;
