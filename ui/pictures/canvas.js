// The drawing canvas in the browser. It alone changes the strokes, at once and in the order of the visitor's doing,
// and sends the whole drawing after every change; what the server knows of it is taken when the canvas appears.

const SHOWN = new WeakMap(); // Streamlit calls again whenever the server has run

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".drawing");
  if (!SHOWN.has(root)) SHOWN.set(root, show(root, data));
  SHOWN.get(root).send = (drawing) => setStateValue("drawing", drawing);
}

function show(root, { side, pen, width, strokes: known, over: loaded, under }) {
  const canvas = root.querySelector("canvas");
  const [undo, clear] = root.querySelectorAll("button");
  const strokes = structuredClone(known); // each a list of points [x, y] on a square of `side`
  const server = { send: null };
  let over = loaded; // the name of the digit under the strokes, or ""
  let pointer = null; // the finger, pen or mouse that draws: one at a time
  canvas.width = canvas.height = side;
  root.style.setProperty("--width", `${width}px`);
  if (over) root.style.setProperty("--under", `url("${under}")`);

  function paint() {
    paintStrokes(canvas.getContext("2d"), strokes, side, pen);
    undo.disabled = strokes.length === 0;
    clear.disabled = strokes.length === 0 && !over;
    root.classList.toggle("empty", clear.disabled);
  }

  function send() {
    const picture = strokes.length ? canvas.toDataURL("image/png") : null;
    server.send({ strokes, picture, over, cleared: over ? "" : loaded });
  }

  function point(event) {
    const box = canvas.getBoundingClientRect();
    const along = (to, from) => Math.round(((to - from) / box.width) * side * 10) / 10;
    return [along(event.clientX, box.left), along(event.clientY, box.top)];
  }

  canvas.onpointerdown = (event) => {
    if (pointer !== null || event.button !== 0) return;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer); // a stroke goes on outside
    strokes.push([point(event)]);
    paint();
  };
  canvas.onpointermove = (event) => {
    if (event.pointerId !== pointer) return;
    const between = event.getCoalescedEvents?.() ?? []; // missing where a page comes by HTTP from another machine
    strokes.at(-1).push(...(between.length ? between : [event]).map(point));
    paint();
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    send();
  };
  undo.onclick = () => {
    pointer = null;
    strokes.pop();
    paint();
    send();
  };
  clear.onclick = () => {
    pointer = null;
    strokes.length = 0;
    over = "";
    root.style.removeProperty("--under");
    paint();
    send();
  };
  paint();
  return server;
}

function paintStrokes(context, strokes, side, pen) {
  context.clearRect(0, 0, side, side);
  Object.assign(context, { strokeStyle: "#ffffff", lineWidth: pen, lineCap: "round", lineJoin: "round" });
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(...stroke[0]);
    context.lineTo(stroke[0][0] + 0.01, stroke[0][1]); // a single point is a dot
    for (let i = 1; i < stroke.length; i++) {
      const [x, y] = stroke[i - 1]; // round from middle to middle: no corner at every point
      context.quadraticCurveTo(x, y, (x + stroke[i][0]) / 2, (y + stroke[i][1]) / 2);
    }
    context.lineTo(...stroke.at(-1));
    context.stroke();
  }
}
