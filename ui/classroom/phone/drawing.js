// The canvas: strokes in units of a thousandth of its side, which outlive a reload, until they are sent or cleared.
import { ask } from './server.js';

const SCALE = 1000, PEN = SCALE / 14, NEAR = 6, KEPT = 'class-drawing';
const $ = id => document.getElementById(id);
const canvas = document.querySelector('#draw canvas'), context = canvas.getContext('2d');

let { strokes = [], digit = null } = read();  // digit: the one that was asked for at the first stroke
let asked = {}, current = null, isSending = false;

function read() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
    return Array.isArray(kept.strokes) ? kept : {};
  } catch {
    return {};
  }
}

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify({ strokes, digit }));
}

function paint() {
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  if (!side) return;
  if (canvas.width !== side) canvas.width = canvas.height = side;
  context.setTransform(side / SCALE, 0, 0, side / SCALE, 0, 0);
  context.clearRect(0, 0, SCALE, SCALE);
  Object.assign(context, { lineWidth: PEN, lineCap: 'round', lineJoin: 'round', strokeStyle: '#fff' });
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(...stroke[0]);
    for (const point of stroke) context.lineTo(...point);
    context.stroke();
  }
}

function show() {
  const wanted = strokes.length ? digit : asked.digit;
  const title = $('ask');
  if (wanted == null) title.textContent = 'Draw a digit';
  else title.replaceChildren('Draw ', wanted === 8 ? 'an ' : 'a ', Object.assign(document.createElement('b'), { textContent: wanted }));
  $('undo').disabled = $('clear').disabled = !strokes.length || isSending;
  $('send').disabled = !strokes.length || isSending || asked.frozen || wanted == null;
  $('send').textContent = isSending ? 'Sending …' : asked.frozen ? 'The board is frozen' : 'Send';
}

function place(event) {
  const box = canvas.getBoundingClientRect();
  const within = value => Math.min(SCALE, Math.max(0, Math.round(value * SCALE)));
  return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
}

canvas.addEventListener('pointerdown', event => {
  if (current || isSending || !event.isPrimary || event.button) return;
  event.preventDefault();
  canvas.setPointerCapture(event.pointerId);
  if (!strokes.length) digit = asked.digit;
  strokes.push(current = [place(event)]);
  $('told').textContent = '';
  paint();
  show();
});
canvas.addEventListener('pointermove', event => {
  if (!current || !event.isPrimary) return;
  for (const each of event.getCoalescedEvents?.() ?? [event]) {
    const [x, y] = place(each), [oldX, oldY] = current.at(-1);
    if (Math.hypot(x - oldX, y - oldY) >= NEAR) current.push([x, y]);
  }
  paint();
});
// Else the browser takes a quick stroke for the start of a scroll, and the next tap on a button for its end.
for (const touch of ['touchstart', 'touchmove']) canvas.addEventListener(touch, event => event.preventDefault(), { passive: false });
for (const end of ['pointerup', 'pointercancel']) {
  canvas.addEventListener(end, event => {
    if (!current || !event.isPrimary) return;
    current = null;
    keep();
  });
}

function change(remaining) {
  strokes = remaining;
  current = null;
  keep();
  paint();
  show();
}
$('undo').addEventListener('click', () => change(strokes.slice(0, -1)));
$('clear').addEventListener('click', () => change([]));
$('send').addEventListener('click', async () => {
  isSending = true;
  show();
  try {
    const { sent } = await ask('draw', { digit: digit ?? asked.digit, strokes });
    change([]);
    $('told').textContent = sent === 1 ? '✓ Sent: your first one.' : `✓ Sent: ${sent} by now. Draw another one.`;
  } catch (error) {
    $('told').textContent = error.message;
  }
  isSending = false;
  show();
});
new ResizeObserver(paint).observe(canvas);

/** Show what is asked for; a drawing that was begun stays one of the digit that was asked for then. */
export function showDrawing(state) {
  asked = state;
  if (digit == null) digit = state.digit;
  show();
}
