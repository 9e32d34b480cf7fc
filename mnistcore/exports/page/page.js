"use strict";
// The page: strokes on the canvas, and after every frame with a new point the network's answer to them.

const CANVAS_SIDE = 420, PEN = 30; // as on the page Draw: strokes come out as broad as MNIST's
const MOST_SHOWN = 64; // weight images
const byId = (id) => document.getElementById(id);
const page = JSON.parse(byId("network").textContent);
const layers = withParameters(page.layers, decodeFloats(byId("weights").textContent));
const paper = byId("paper"), brush = paper.getContext("2d", { willReadFrequently: true });
const isDark = matchMedia("(prefers-color-scheme: dark)");
let strokes = []; // lists of [x, y]
let pointer = null; // the one that draws now
let isWaiting = false; // for the next frame

/** What is drawn, as ink. */
function inkOf(these) {
  brush.fillStyle = "black";
  brush.fillRect(0, 0, CANVAS_SIDE, CANVAS_SIDE);
  for (const points of these) {
    const [x, y] = points[0], [lastX, lastY] = points[points.length - 1];
    brush.beginPath();
    brush.moveTo(x, y);
    for (let i = 1; i < points.length - 1; i++) {
      const middle = [(points[i][0] + points[i + 1][0]) / 2, (points[i][1] + points[i + 1][1]) / 2];
      brush.quadraticCurveTo(...points[i], ...middle);
    }
    brush.lineTo(lastX + (points.length === 1 ? 0.01 : 0), lastY); // a line without length would not show
    brush.stroke();
  }
  const colors = brush.getImageData(0, 0, CANVAS_SIDE, CANVAS_SIDE).data;
  const pixels = new Uint8Array(CANVAS_SIDE ** 2);
  for (let place = 0; place < pixels.length; place++) pixels[place] = colors[4 * place];
  return { pixels, height: CANVAS_SIDE, width: CANVAS_SIDE };
}

/** The digits in some ink, what the network says to each, and what is to be said of the drawing. */
function answer(ink) {
  const { digits, hint } = prepare(ink);
  return { digits, hint, probabilities: digits.map((digit) => predict(layers, page.loss, digit)) };
}

function show() {
  isWaiting = false;
  const { digits, hint, probabilities } = answer(inkOf(strokes));
  const isEmpty = strokes.length === 0, answers = probabilities.map(best);
  document.body.classList.toggle("empty", isEmpty);
  document.body.classList.toggle("many", digits.length > 1);
  byId("undo").disabled = byId("clear").disabled = isEmpty;
  byId("digit").textContent = answers.join("") || "–";
  byId("sure").textContent =
    digits.length > 1 ? "read one by one, from left to right"
    : digits.length ? `with probability ${shareWords(probabilities[0][answers[0]])}` : "";
  byId("hint").textContent = hint;
  showBars(probabilities[0] ?? Array(10).fill(0), answers[0]);
  byId("seen").replaceChildren(...(digits.length ? digits : [new Uint8Array(SIZE * SIZE)]).map((digit, i) => {
    const caption = digits.length > 1 ? `${answers[i]}: ${shareWords(probabilities[i][answers[i]])}` : "";
    return picture(SIZE, (place) => [digit[place], digit[place], digit[place]], caption);
  }));
}

function showBars(shares, winner) {
  [...byId("bars").children].forEach((row, digit) => {
    row.classList.toggle("best", digit === winner);
    row.querySelector(".bar").style.width = `${100 * shares[digit]}%`;
    row.querySelector(".share").textContent = winner === undefined ? "" : shareWords(shares[digit]);
  });
}

const best = (shares) => shares.indexOf(Math.max(...shares));

/** `97.3 %`, never rounded to certainty. */
function shareWords(share) {
  if (share > 0.9995) return "> 99.9 %";
  return share > 0 && share < 0.0005 ? "< 0.1 %" : `${(100 * share).toFixed(1)} %`;
}

/** A square picture with crisp pixels: `colorAt` gives red, green and blue of each of them. */
function picture(side, colorAt, caption) {
  const canvas = document.createElement("canvas"), figure = document.createElement("figure");
  canvas.width = canvas.height = side;
  const image = new ImageData(side, side);
  for (let place = 0; place < side * side; place++) image.data.set([...colorAt(place), 255], 4 * place);
  canvas.getContext("2d").putImageData(image, 0, 0);
  figure.append(canvas);
  if (caption) figure.append(Object.assign(document.createElement("figcaption"), { textContent: caption }));
  return figure;
}

/** The weights of the first layer that has some: for each digit, unit or filter an image. */
function showWeights() {
  const first = layers.find((layer) => layer.W), isLast = first === layers[layers.length - 1];
  const units = first.output_shape[0], inputs = first.W.length / units, side = Math.sqrt(inputs);
  const shown = Math.min(units, MOST_SHOWN);
  const size = first.W.slice().map(Math.abs).sort();
  const limit = size[Math.floor(0.995 * (size.length - 1))] || size[size.length - 1] || 1;
  const colors = isDark.matches ? page.colors.dark : page.colors.light;
  const images = Array.from({ length: shown }, (_, unit) =>
    picture(side, (place) => colorOf(first.W[place * units + unit] / limit, colors), isLast ? String(unit) : ""));
  byId("gallery").replaceChildren(...images);
  byId("gallery").classList.toggle("digits", isLast);
  const what = isLast ? "For each digit, the weights of the pixels"
    : `The weights of ${shown < units ? `${shown} of the ` : ""}${units} ${first.kind === "dense" ? "units" : "filters"} `
      + "in the first layer";
  byId("looked-for").textContent = `${what}: ink counts for it where it is red, against it where it is blue.`;
  byId("ramp").style.background = `linear-gradient(to right, ${colors.map((c) => `rgb(${c})`).join(", ")})`;
  byId("low").textContent = `−${Number(limit.toPrecision(2))}`;
  byId("high").textContent = `+${Number(limit.toPrecision(2))}`;
}

/** A value from -1 to 1 between the colours of a scale with its zero in the middle. */
function colorOf(value, colors) {
  const place = ((Math.max(-1, Math.min(1, value)) + 1) / 2) * (colors.length - 1);
  const low = Math.min(Math.floor(place), colors.length - 2), part = place - low;
  return colors[low].map((from, channel) => Math.round(from + part * (colors[low + 1][channel] - from)));
}

function showSoon() {
  if (!isWaiting) requestAnimationFrame(show);
  isWaiting = true;
}

function pointOf(event) {
  const box = paper.getBoundingClientRect(), scale = CANVAS_SIDE / box.width;
  return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
}

function undo() {
  strokes = strokes.slice(0, -1);
  showSoon();
}

function clear() {
  strokes = [];
  showSoon();
}

function listen() {
  paper.onpointerdown = (event) => {
    if (event.button !== 0 || pointer !== null) return; // one finger draws; a palm beside it does not
    pointer = event.pointerId;
    paper.setPointerCapture(pointer); // a stroke may end outside
    strokes.push([pointOf(event)]);
    showSoon();
  };
  paper.onpointermove = (event) => {
    if (event.pointerId !== pointer) return;
    const between = event.getCoalescedEvents?.() ?? [];
    strokes.at(-1)?.push(...(between.length ? between : [event]).map(pointOf));
    showSoon();
  };
  paper.onpointerup = paper.onpointercancel = (event) => {
    if (event.pointerId === pointer) pointer = null;
  };
  byId("undo").onclick = undo;
  byId("clear").onclick = clear;
  document.onkeydown = (event) => {
    if (event.altKey || pointer !== null) return;
    const isCommand = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
    if (key === "z" || (key === "backspace" && !isCommand)) undo();
    else if (["c", "delete", "escape"].includes(key) && !isCommand) clear();
    else return;
    event.preventDefault();
  };
  isDark.onchange = showWeights;
}

function begin() {
  paper.width = paper.height = CANVAS_SIDE;
  Object.assign(brush, { strokeStyle: "white", lineWidth: PEN, lineCap: "round", lineJoin: "round" });
  page.colors.digits.forEach((color, digit) => {
    const row = document.createElement("div");
    row.innerHTML = `<span>${digit}</span><div class="track"><div class="bar"></div></div><span class="share"></span>`;
    row.querySelector(".bar").style.background = color;
    byId("bars").append(row);
  });
  listen();
  showWeights();
  show();
}

begin();
