// A map of images in the browser: points on a canvas, a thumbnail at the pointer, a lasso or a box around some of them.
// All points move to their new places when the server sends others of the same images. 10,000 are drawn in a few
// milliseconds, so nothing here is thinned out.

const SHOWN = new WeakMap(); // Streamlit calls again whenever the server has run
const SIDE = 28, REACH = 16, NEIGHBOURS = 24, MOVE = 450; // pixels of a thumbnail; of a pointer; images; milliseconds
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".map");
  if (!SHOWN.has(root)) SHOWN.set(root, show(root));
  const shown = SHOWN.get(root);
  shown.send = (chosen) => setStateValue("chosen", chosen);
  shown.take(data);
  return () => setTimeout(() => root.isConnected || shown.end()); // Streamlit cleans up after a map that stays, too
}

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

function show(root) {
  const canvas = root.querySelector(".plane > canvas"), tip = root.querySelector(".tip");
  const thumbnail = tip.querySelector("canvas"), words = tip.querySelector("div"), legend = root.querySelector(".legend");
  const buttons = Object.fromEntries([...root.querySelectorAll("button")].map((button) => [button.name, button]));
  const brush = canvas.getContext("2d");
  const layer = document.createElement("canvas"); // the points alone, painted when they change
  let pen = brush, isStale = true;
  const shown = { send: null, take, end };
  let map = null, xy = null, from = null, began = 0; // places as drawn; where they came from, and when
  let chosen = new Set(), here = -1, path = null, zoom = { scale: 1, x: 0.5, y: 0.5 }, asked = 0;
  let mode = matchMedia("(pointer: coarse)").matches ? "look" : "lasso";

  function take(data) {
    const next = { ...data, points: new Float32Array(bytes(data.xy).buffer), colors: bytes(data.colors) };
    for (const name of ["labels", "answers", "certainty"]) next[name] = data[name] && bytes(data[name]);
    next.positions = new Int32Array(bytes(data.positions).buffer);
    const isSame = map !== null && map.set === data.set;
    if (!isSame) {
      chosen = new Set(data.chosen);
      here = -1;
      hide();
    }
    if (!isSame || map.plane !== data.plane) zoom = { scale: 1, x: 0.5, y: 0.5 };
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    from = isSame && !isStill && map.xy !== data.xy ? (xy ?? map.points).slice() : null;
    began = performance.now();
    map = next;
    xy = from ? from.slice() : map.points;
    legend.replaceChildren(...map.marks.map(entry));
    label();
    draw();
  }

  function entry({ name, color, cross }) {
    const line = document.createElement("span"), dot = document.createElement("i");
    if (cross) Object.assign(dot, { className: "cross", textContent: "✗" }).style.color = color;
    else dot.style.background = color;
    line.append(dot, name);
    return line;
  }

  function label() {
    for (const name of ["look", "lasso", "box"]) buttons[name].ariaPressed = String(name === mode);
    buttons.clear.disabled = chosen.size === 0;
    buttons.out.disabled = buttons.whole.disabled = zoom.scale === 1;
    canvas.style.touchAction = mode === "look" && zoom.scale === 1 ? "pan-y" : "none";
    canvas.style.cursor = mode === "look" && zoom.scale > 1 ? "grab" : "crosshair";
  }

  // Between the map's own coordinates and pixels of the canvas on the page.
  let across = 0; // the canvas's width, read once a frame: each reading may lay the page out again
  const width = () => across;
  const toX = (x) => (((x - map.limits[0]) / (map.limits[1] - map.limits[0]) - zoom.x) * zoom.scale + 0.5) * width();
  const toY = (y) => (0.5 - ((y - map.limits[2]) / (map.limits[3] - map.limits[2]) - zoom.y) * zoom.scale) * width();

  // What lies over the points needs no new points: with 10,000 of them the pointer would wait for each of its moves.
  function draw(withPoints = true) {
    isStale ||= withPoints;
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(paint);
  }

  function paint() {
    if (!root.isConnected || !map) return;
    across = canvas.clientWidth;
    const side = across, ratio = devicePixelRatio || 1, pixels = Math.round(side * ratio);
    if (canvas.width !== pixels) {
      canvas.width = canvas.height = layer.width = layer.height = pixels;
      isStale = true;
    }
    if (from) {
      const share = Math.min(1, (performance.now() - began) / MOVE), eased = share * share * (3 - 2 * share);
      for (let i = 0; i < xy.length; i++) xy[i] = from[i] + eased * (map.points[i] - from[i]);
      if (share === 1) [from, xy] = [null, map.points];
      isStale = true;
    }
    const size = Math.max(2, Math.min(6, 160 / Math.sqrt(xy.length / 2)) * Math.sqrt(Math.min(zoom.scale, 4)));
    if (isStale) {
      begin(layer.getContext("2d"), side, ratio);
      dots(size, false);
      dots(size, true);
      isStale = false;
    }
    begin(brush, side, ratio);
    pen.drawImage(layer, 0, 0, side, side);
    if (map.extra) ring(toX(map.extra.x), toY(map.extra.y), 9, 3);
    if (here >= 0) ring(toX(xy[2 * here]), toY(xy[2 * here + 1]), size / 2 + 3, 1.5);
    if (path) outline();
    if (from) draw();
  }

  function begin(context, side, ratio) {
    pen = context;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, side, side);
  }

  // Crosses last: the few wrong answers would be lost among the right ones.
  function dots(size, crosses) {
    const looks = map.marks.map(({ color }) => [color + (crosses ? "" : "c0"), `${color}30`]);
    let last = "";
    for (let i = 0; i < map.colors.length; i++) {
      const kind = map.colors[i];
      if (Boolean(map.marks[kind].cross) !== crosses) continue;
      const x = toX(xy[2 * i]), y = toY(xy[2 * i + 1]);
      const look = looks[kind][chosen.size > 0 && !chosen.has(i) ? 1 : 0];
      if (look !== last) pen.fillStyle = pen.strokeStyle = last = look;
      if (!crosses) pen.fillRect(x - size / 2, y - size / 2, size, size);
      else {
        const arm = Math.max(3, size * 0.9);
        pen.lineWidth = 1.6;
        pen.beginPath();
        pen.moveTo(x - arm, y - arm);
        pen.lineTo(x + arm, y + arm);
        pen.moveTo(x - arm, y + arm);
        pen.lineTo(x + arm, y - arm);
        pen.stroke();
      }
    }
  }

  function ring(x, y, radius, line) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.lineWidth = line;
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.stroke();
  }

  function outline() {
    const [[x0, y0]] = path, [x1, y1] = path[path.length - 1];
    pen.beginPath();
    if (mode === "box") pen.rect(x0, y0, x1 - x0, y1 - y0);
    else path.forEach(([x, y]) => pen.lineTo(x, y));
    pen.setLineDash([4, 3]);
    pen.lineWidth = 1.5;
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.stroke();
    pen.setLineDash([]);
  }

  function nearest(x, y, reach) {
    let best = -1, least = reach * reach;
    for (let i = 0; i < map.colors.length; i++) {
      const dx = toX(xy[2 * i]) - x, dy = toY(xy[2 * i + 1]) - y, distance = dx * dx + dy * dy;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  // The nearest point on the side that an arrow key names; what lies askew counts as further away.
  function beside([right, up]) {
    const x0 = toX(xy[2 * here]), y0 = toY(xy[2 * here + 1]);
    let best = here, least = Infinity;
    for (let i = 0; i < map.colors.length; i++) {
      const dx = toX(xy[2 * i]) - x0, dy = y0 - toY(xy[2 * i + 1]), along = dx * right + dy * up;
      const askew = Math.abs(dx * up) + Math.abs(dy * right), distance = along + 2 * askew;
      if (along > 2 && distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  function around(place) {
    const square = (i) => (xy[2 * i] - xy[2 * place]) ** 2 + (xy[2 * i + 1] - xy[2 * place + 1]) ** 2;
    return [...map.colors.keys()].sort((a, b) => square(a) - square(b)).slice(0, NEIGHBOURS);
  }

  function inside() {
    const found = [], [[x0, y0]] = path, [x1, y1] = path[path.length - 1];
    for (let i = 0; i < map.colors.length; i++) {
      const x = toX(xy[2 * i]), y = toY(xy[2 * i + 1]);
      const isIn = mode === "box" ? (x - x0) * (x - x1) <= 0 && (y - y0) * (y - y1) <= 0 : isEncircled(x, y);
      if (isIn) found.push(i);
    }
    return found;
  }

  function isEncircled(x, y) {
    let odd = false;
    for (let i = 0, j = path.length - 1; i < path.length; j = i++) {
      const [xi, yi] = path[i], [xj, yj] = path[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
    }
    return odd;
  }

  function choose(places, how) {
    chosen = new Set(places);
    shown.send({ set: map.set, places: [...chosen], how });
    label();
    draw();
  }

  function point(place) {
    here = place;
    if (place < 0) return hide();
    const atlas = document.querySelector(`.map-atlas-${map.set} img`), stamp = thumbnail.getContext("2d");
    if (atlas?.complete && atlas.naturalWidth) {
      const column = place % map.columns, row = Math.floor(place / map.columns);
      stamp.drawImage(atlas, column * SIDE, row * SIDE, SIDE, SIDE, 0, 0, SIDE, SIDE);
    }
    words.textContent = wordsOf(place);
    tip.style.display = "block";
    const x = toX(xy[2 * place]), y = toY(xy[2 * place + 1]), side = width();
    tip.style.left = `${x < side / 2 ? x + 12 : x - 12 - tip.offsetWidth}px`;
    tip.style.top = `${Math.max(0, Math.min(side - tip.offsetHeight, y - tip.offsetHeight / 2))}px`;
    draw(false);
  }

  function wordsOf(place) {
    const label = map.labels[place], number = `image ${map.positions[place].toLocaleString("en")}`;
    if (!map.answers) return `a ${label} · ${number}`;
    const mark = map.answers[place] === label ? "✓" : "✗", sure = map.certainty[place] / 2;
    return `${mark} a ${label}, read as ${map.answers[place]} · ${sure >= 99.5 ? "> 99" : Math.round(sure)} % sure · ${number}`;
  }

  function hide() {
    here = -1;
    tip.style.display = "none";
    draw(false);
  }

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left - canvas.clientLeft, event.clientY - box.top - canvas.clientTop];
  };
  let pressed = null;

  canvas.onpointerdown = (event) => {
    if (event.button !== 0) return;
    pressed = { at: at(event), zoom: { ...zoom }, isMoved: false };
    if (mode !== "look") canvas.setPointerCapture(event.pointerId);
    if (mode !== "look") path = [pressed.at];
  };
  canvas.onpointermove = (event) => {
    const [x, y] = at(event);
    if (!pressed) return point(nearest(x, y, REACH));
    pressed.isMoved ||= Math.hypot(x - pressed.at[0], y - pressed.at[1]) > 4;
    if (path) path.push([x, y]);
    else if (pressed.isMoved && zoom.scale > 1) {
      zoom.x = pressed.zoom.x - (x - pressed.at[0]) / width() / zoom.scale;
      zoom.y = pressed.zoom.y + (y - pressed.at[1]) / width() / zoom.scale;
      hide();
      draw();
    }
    draw(false);
  };
  canvas.onpointerup = (event) => {
    if (!pressed) return;
    const place = nearest(...at(event), REACH);
    if (!pressed.isMoved) {
      point(place);
      choose(place < 0 ? [] : around(place), "around");
    } else if (path) choose(inside(), mode);
    pressed = path = null;
    draw(false);
  };
  canvas.onpointercancel = () => (pressed = path = null);
  canvas.onpointerleave = () => pressed || hide();
  canvas.onkeydown = (event) => {
    if (event.key in ARROWS) point(here < 0 ? nearest(width() / 2, width() / 2, Infinity) : beside(ARROWS[event.key]));
    else if (event.key === "Enter" && here >= 0) choose(around(here), "around");
    else if (event.key === "Escape") choose([], "none");
    else return;
    event.preventDefault();
  };
  canvas.onblur = hide;

  function enlarge(factor) {
    zoom.scale = Math.max(1, Math.min(32, zoom.scale * factor));
    if (zoom.scale === 1) zoom = { scale: 1, x: 0.5, y: 0.5 };
    hide();
    label();
    draw();
  }
  for (const name of ["look", "lasso", "box"]) buttons[name].onclick = () => ((mode = name), label());
  buttons.in.onclick = () => enlarge(2);
  buttons.out.onclick = () => enlarge(0.5);
  buttons.whole.onclick = () => enlarge(0);
  buttons.clear.onclick = () => choose([], "none");

  const watcher = new ResizeObserver(() => draw());
  watcher.observe(canvas);
  function end() {
    watcher.disconnect();
    cancelAnimationFrame(asked);
  }
  return shown;
}
