// The page of a phone: it asks the server again and again what is to be done now, and shows the part that does it.
import { showContest } from './contest.js';
import { showDrawing } from './drawing.js';
import { showQuiz } from './quiz.js';
import { ask, token } from './server.js';

const EVERY = 1500, HIDDEN = 10000;
const PARTS = { wait: () => {}, draw: showDrawing, quiz: showQuiz, contest: showContest };
const $ = id => document.getElementById(id);
let timer = null, round = 0;

function show(part) {
  for (const main of document.querySelectorAll('main')) main.hidden = main.id !== part;
  document.querySelector('footer').hidden = part === 'enter';
}

function say(words) {
  if ($('line').textContent !== words) $('line').textContent = words;
}

function enter(words = '') {
  token.forget();
  show('enter');
  say(words);
  $('code').value ||= new URLSearchParams(location.search).get('code')?.slice(0, 6) ?? '';
}

async function look() {
  clearTimeout(timer);
  const mine = ++round;
  try {
    const state = await ask('state');
    if (mine !== round) return;  // a newer look is under way
    say('');
    $('who').textContent = state.name;
    const part = state.doing in PARTS ? state.doing : 'wait';
    show(part);
    PARTS[part](state);
  } catch (error) {
    if (mine !== round) return;
    if (error.status === 401) return enter(error.message);
    if (error.status !== 429) say(error.message);
  }
  timer = setTimeout(look, document.hidden ? HIDDEN : EVERY);
}

document.querySelector('#enter form').addEventListener('submit', async event => {
  event.preventDefault();
  const button = event.submitter ?? event.target.querySelector('button');
  button.disabled = true;
  try {
    const { token: given } = await ask('enter', { name: $('name').value, code: $('code').value });
    token.set(given);
    say('');
    await look();
  } catch (error) {
    say(error.message);
  }
  button.disabled = false;
});

$('leave').addEventListener('click', async () => {
  if (!confirm('Leave the class, and delete your name and all that you have sent?')) return;
  ++round;
  clearTimeout(timer);
  try {
    await ask('leave', {});
    enter('You have left; what you sent is deleted.');
  } catch (error) {
    if (error.status === 401) enter(error.message);
    else { say(error.message); timer = setTimeout(look, EVERY); }
  }
});

document.addEventListener('visibilitychange', () => { if (!document.hidden && token.get()) look(); });
addEventListener('online', () => { if (token.get()) look(); });

if (token.get()) look();
else enter();
