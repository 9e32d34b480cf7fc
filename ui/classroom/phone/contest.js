// The contest on a phone: a few settings, one network at a time, and what has come of it.
import { ask } from './server.js';

const part = document.getElementById('contest'), form = part.querySelector('form');
const list = part.querySelector('ul'), told = part.querySelector('.told'), button = form.querySelector('button');
const LABELS = { activation: 'Activation', optimizer: 'Optimizer', learning_rate: 'Learning rate', batch_size: 'Batch size', epochs: 'Epochs' };
const START = { activation: 'relu', optimizer: 'adam', learning_rate: 0.001, batch_size: 64 };
const percent = share => `${(100 * share).toFixed(2)} %`;
let now = {}, built = null, isSending = false;

function field(name, label, options, chosen) {
  const select = Object.assign(document.createElement('select'), { name });
  select.append(...options.map(([value, text]) => new Option(text, value, false, value === chosen)));
  const holder = Object.assign(document.createElement('label'), { textContent: label });
  holder.append(select);
  return holder;
}

function build() {  // once for each contest: what was chosen stays while the page is followed
  if (built === now.contest) return;
  built = now.contest;
  const units = [['', 'none'], ...now.choices.units.map(count => [count, `${count} units`])];
  form.querySelector('.fields').replaceChildren(
    ...Array.from({ length: now.choices.layers }, (_, i) => field(`layer${i}`, `Hidden layer ${i + 1}`, units, i ? '' : 32)),
    ...Object.entries(LABELS).map(([name, label]) =>
      field(name, label, now.choices[name].map(value => [value, value]), START[name] ?? Math.min(3, now.choices.epochs.at(-1)))),
  );
}

function words(run) {
  const size = `${run.parameters.toLocaleString('en')} parameters`;
  if (run.status === 'queued') return `waiting for its turn · ${size}`;
  if (run.status === 'running') return `training, ${Math.round(100 * run.done)} % · ${size}`;
  if (run.status !== 'finished' || run.accuracy == null) return `${run.status} · ${size}`;
  const test = run.test == null ? '' : ` · test ${percent(run.test)}`;
  return `validation ${percent(run.accuracy)}${test} · ${size} · ${run.seconds.toFixed(1)} s`;
}

function show() {
  build();
  const isBusy = now.runs.some(run => ['queued', 'running', 'paused', 'interrupted'].includes(run.status));
  button.disabled = isSending || isBusy || now.opened || !now.left;
  button.textContent = now.opened ? 'The contest is over' : isBusy ? 'Your network is on its way' : `Train (${now.left} left)`;
  part.querySelector('.rule').textContent = now.measure === 'fewest parameters'
    ? `The fewest parameters win, with at least ${percent(now.target)} on the validation images.`
    : `The best ${now.measure} on the validation images wins. At most ${now.parameters.toLocaleString('en')} parameters.`;
  part.querySelector('.place').textContent = now.place ? `You are number ${now.place} of ${now.others}.` : '';
  const lines = now.runs.map(words);
  if ([...list.children].map(line => line.textContent).join('\n') !== lines.join('\n')) {
    list.replaceChildren(...lines.map(text => Object.assign(document.createElement('li'), { textContent: text })));
  }
}

form.addEventListener('submit', async event => {
  event.preventDefault();
  const chosen = Object.fromEntries(new FormData(form));
  const layers = Array.from({ length: now.choices.layers }, (_, i) => chosen[`layer${i}`]).filter(Boolean).map(Number);
  isSending = true;
  show();
  try {
    await ask('train', { contest: now.contest, choice: {
      layers, activation: chosen.activation, optimizer: chosen.optimizer, learning_rate: Number(chosen.learning_rate),
      batch_size: Number(chosen.batch_size), epochs: Number(chosen.epochs),
    } });
    told.textContent = '✓ Sent.';
  } catch (error) {
    told.textContent = error.message;
  }
  isSending = false;
  show();
});

export function showContest(state) {
  if (state.contest === undefined) return;
  if (state.contest !== now.contest || state.runs[0]?.id !== now.runs?.[0]?.id) told.textContent = '';
  now = state;
  show();
}
