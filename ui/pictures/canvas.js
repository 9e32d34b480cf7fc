// The drawing canvas in the browser. The front end of streamlit-drawable-canvas draws; Undo and Clear are ours and act on
// it here, at once and in the order of the visitor's doing: the server is told of every change and asked for nothing.
// What the server knows is taken when the canvas appears.

const SHOWN = new WeakMap(); // Streamlit calls again whenever the server has run

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".drawing");
  if (!SHOWN.has(root)) SHOWN.set(root, show(root, data));
  const shown = SHOWN.get(root);
  shown.send = (drawing) => setStateValue("drawing", drawing);
  return () => setTimeout(() => root.isConnected || shown.end?.()); // Streamlit cleans up after a canvas that stays, too
}

function show(root, { frontEnd, side, pen, width, strokes: known, over: loaded, under }) {
  const frame = root.querySelector(".frame");
  const [undo, clear] = root.querySelectorAll(".buttons button");
  const shown = { send: null, end: null };
  let drawOn = null; // the package's way in
  let strokes = known; // as the package describes them
  let over = loaded; // the name of the digit under the strokes, or ""
  let isStale = false; // whether there may be a stroke that is not in `strokes` yet
  let turn = 0;
  root.style.setProperty("--width", `${width}px`);
  if (over) root.style.setProperty("--under", `url("${under}")`);

  function label(hasStrokes) {
    undo.disabled = !hasStrokes;
    clear.disabled = !hasStrokes && !over;
    root.classList.toggle("empty", clear.disabled);
  }

  function take({ raw, data }) {
    strokes = raw.objects;
    isStale = false;
    label(strokes.length > 0);
    shown.send({ strokes, picture: strokes.length ? data : null, over, cleared: over ? "" : loaded });
  }

  // The package tells of a stroke a while after it; its own button, which is not shown, makes it tell now.
  function askForStrokes() {
    if (isStale && root.isConnected) frame.querySelector('[aria-label^="Update the app"]').click();
  }

  // Have the package draw these strokes and no others. It tells of them, except the first time.
  function draw(these) {
    strokes = these;
    label(strokes.length > 0);
    shown.end = drawOn({
      parentElement: frame,
      setStateValue: (name, value) => name === "drawing" && take(value),
      data: {
        canvasWidth: side,
        canvasHeight: side,
        drawingMode: "freedraw",
        strokeWidth: pen,
        strokeColor: "#ffffff",
        initialDrawing: { objects: strokes, turn: turn++ }, // with another turn it takes the same strokes again
        backgroundImageURL: null,
        backgroundImageFit: "stretch",
        realtimeUpdateStreamlit: true,
        returnImageData: true,
        disabled: false,
      },
    });
  }

  function begin(module) {
    drawOn = module.default;
    draw(known);
    frame.onpointerdown = (event) => {
      if (event.button !== 0) return;
      event.target.setPointerCapture(event.pointerId); // a stroke may end outside
      label(true);
    };
    frame.onpointerup = frame.onpointercancel = () => {
      isStale = true; // only now: what is told while the next stroke is under way is without it
      setTimeout(askForStrokes);
    };
    undo.onclick = () => {
      askForStrokes();
      draw(strokes.slice(0, -1));
    };
    clear.onclick = () => {
      over = "";
      root.style.removeProperty("--under");
      draw([]);
    };
  }

  function fail() {
    root.querySelector(".guide").textContent = "The canvas could not be loaded: reload the page.";
    root.classList.add("empty");
  }

  import(new URL(frontEnd, document.baseURI)).then(begin, fail);
  return shown;
}
