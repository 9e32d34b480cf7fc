// A digit on paper, to be changed by hand: a pen and an eraser as broad as a stroke in MNIST, pixel by pixel. Every change
// is made here at once; the server is told of it a few times a second, and of its end.

const SIDE = 28, PACE = 120; // milliseconds between two messages while a stroke is under way
const TIP = [[0.5, 1, 0.5], [1, 1, 1], [0.5, 1, 0.5]]; // as in mnistcore/insight/flipping_strokes.py
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const SHOWN = new WeakMap(); // Streamlit calls again whenever the server has run

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".paper");
  if (!SHOWN.has(root)) SHOWN.set(root, show(root));
  SHOWN.get(root)(data, (edit) => setStateValue("edit", edit));
}

const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

function show(root) {
  const canvas = root.querySelector("canvas"), brush = canvas.getContext("2d"), picture = brush.createImageData(SIDE, SIDE);
  const [pen, eraser, undo, reset] = root.querySelectorAll("button");
  let name = null, original = null, ink = null, send = null, isDark = false; // what the server has told
  let past = [], base = null, cover = null, last = null; // a stroke lies over what was there when it began
  let erases = true, cursor = [14, 14], told = 0, later = 0;

  function paint() {
    ink.forEach((value, place) => picture.data.set([...Array(3).fill(isDark ? value : 255 - value), 255], 4 * place));
    brush.putImageData(picture, 0, 0);
    if (document.activeElement === canvas && canvas.matches(":focus-visible")) {
      brush.strokeStyle = "#d9792b";
      brush.strokeRect(cursor[1] - 0.5, cursor[0] - 0.5, 2, 2);
    }
    pen.setAttribute("aria-pressed", !erases);
    eraser.setAttribute("aria-pressed", erases);
    undo.disabled = !past.length;
    reset.disabled = ink.every((value, place) => value === original[place]);
  }

  function tell() {
    clearTimeout(later);
    const wait = PACE - (performance.now() - told);
    if (wait > 0) return void (later = setTimeout(tell, wait));
    told = performance.now();
    send({ name, pixels: btoa(String.fromCharCode(...ink)) });
  }

  function begin() {
    past = [...past.slice(-49), ink];
    base = ink;
    ink = base.slice();
    cover = new Float32Array(SIDE * SIDE);
  }

  function dab(row, column) {
    TIP.forEach((line, down) => line.forEach((share, right) => {
      const y = row + down - 1, x = column + right - 1, place = y * SIDE + x;
      if (y < 0 || x < 0 || y >= SIDE || x >= SIDE) return;
      cover[place] = Math.max(cover[place], share);
      const mark = erases ? base[place] * (1 - cover[place]) : Math.max(base[place], 255 * cover[place]);
      ink[place] = Math.round(mark);
    }));
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientY - box.top) / box.height) * SIDE, ((event.clientX - box.left) / box.width) * SIDE].map(Math.floor);
  }

  function follow(event) {
    const [row, column] = place(event), steps = Math.max(1, Math.abs(row - last[0]), Math.abs(column - last[1]));
    for (let step = 1; step <= steps; step++)
      dab(...[row, column].map((end, axis) => Math.round(last[axis] + ((end - last[axis]) * step) / steps)));
    last = [row, column];
    paint();
    tell();
  }

  canvas.onpointerdown = (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId); // a stroke may end outside
    begin();
    last = place(event);
    follow(event);
  };
  canvas.onpointermove = (event) => last && follow(event);
  canvas.onpointerup = canvas.onpointercancel = () => (last = null);
  canvas.onfocus = canvas.onblur = paint;
  canvas.onkeydown = (event) => {
    const step = STEPS[event.key];
    if (step) cursor = cursor.map((at, axis) => Math.min(SIDE - 1, Math.max(0, at + step[axis])));
    else if (event.key === " " || event.key === "Enter") {
      begin();
      dab(...cursor);
      tell();
    } else return;
    event.preventDefault();
    paint();
  };
  const take = (which) => () => {
    erases = which;
    paint();
  };
  pen.onclick = take(false);
  eraser.onclick = take(true);
  undo.onclick = () => {
    ink = past.pop() ?? ink;
    paint();
    tell();
  };
  reset.onclick = () => {
    begin();
    ink = original.slice();
    paint();
    tell();
  };

  return (data, tellServer) => {
    send = tellServer;
    isDark = data.dark;
    if (data.name !== name) {
      [name, original, ink, past, last] = [data.name, bytes(data.original), bytes(data.pixels), [], null];
    }
    paint();
  };
}
