// The quiz on a phone: an image, ten buttons, and what was right once the teacher shows it.
import { ask } from './server.js';

const part = document.getElementById('quiz'), title = part.querySelector('h1');
const canvas = part.querySelector('canvas'), context = canvas.getContext('2d');
const answers = part.querySelector('.answers'), verdict = part.querySelector('.verdict');
let now = {}, painted = '', given = {}, problem = '';  // given: the answer just sent, until the server knows it

const buttons = Array.from({ length: 10 }, (_, digit) => {
  const button = Object.assign(document.createElement('button'), { type: 'button', textContent: digit });
  button.addEventListener('click', () => answer(digit));
  answers.append(button);
  return button;
});

function paint(image) {
  if (image === painted) return;
  painted = image;
  const pixels = context.createImageData(28, 28);
  Array.from(atob(image), (level, i) => pixels.data.set([...Array(3).fill(level.charCodeAt(0)), 255], 4 * i));
  context.putImageData(pixels, 0, 0);
}

const place = ({ quiz, question }) => `${quiz}/${question}`;
const mine = () => now.answer ?? (given.place === place(now) ? given.digit : null);

async function answer(digit) {
  if (mine() != null || now.shown) return;
  given = { place: place(now), digit };
  problem = '';
  show();
  try {
    await ask('answer', { quiz: now.quiz, question: now.question, answer: digit });
  } catch (error) {
    given = {};
    problem = error.message;
  }
  show();
}

function words() {
  const score = `You: ${now.correct} of ${now.revealed}.`;
  if (now.over) return `The quiz is over. ${score}`;
  if (!now.shown) return problem || (mine() == null ? 'Which digit is it?' : 'Sent. Wait for the others.');
  const own = mine() == null ? '' : mine() === now.label ? '✓ Right. ' : '✗ No. ';
  const network = now.network === now.label ? 'The network said so too.' : `The network said ${now.network}.`;
  return `${own}It was meant as ${now.label === 8 ? 'an' : 'a'} ${now.label}. ${network} ${score}`;
}

function show() {
  title.textContent = now.over ? 'Thank you' : `Image ${now.question + 1} of ${now.count}`;
  paint(now.image);
  buttons.forEach((button, digit) => {
    button.disabled = now.over || now.shown || mine() != null;
    button.classList.toggle('mine', mine() === digit);
    button.classList.toggle('right', now.shown && now.label === digit);
    button.setAttribute('aria-pressed', mine() === digit);
  });
  if (verdict.textContent !== words()) verdict.textContent = words();
}

export function showQuiz(state) {
  if (state.quiz === undefined) return;
  if (place(state) !== place(now)) problem = '';
  now = state;
  show();
}
