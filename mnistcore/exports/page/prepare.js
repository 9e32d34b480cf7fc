"use strict";
// From a drawing to 28×28 images as MNIST would have made them: mnistcore/drawing.py in JavaScript, step for step.
// An image is {pixels, height, width}, bright ink on black; a mask has 1 where something is.

const SIZE = 28, BOX = 20, CENTRE = 14;
const STRONG_INK = 0.25, FAINTEST_INK = 6, LEAST_INK = 16, MOST_INK = 0.8;
const SHORTEST_STROKE = 1.4, STRAY_SHARE = 0.08, STRAY_TO_LARGEST = 0.15, WIDEST = 1.8;
const LEAST_HEIGHT = 0.55, LEAST_SHARED = 0.6, LEAST_GAP = 0.05, MOST_DIGITS = 12;
const EMPTY_HINT = "Draw a digit from 0 to 9, large, in one or a few strokes.";
const DOT_HINT = "That is a dot so far: draw a whole digit from 0 to 9, large.";
const FULL_HINT = "Nearly everything is ink: clear it and draw one digit with room around its strokes.";
const WIDE_HINT = "It is very wide for one digit: where digits touch, they cannot be told apart.";

/** The digits of a drawing from left to right, each 28×28 (Uint8Array), and what is to be said of it. */
function prepare(drawing) {
  const peak = highest(drawing.pixels);
  if (peak < LEAST_INK) return { digits: [], hint: EMPTY_HINT };
  const ink = cropped(drawing); // the rest is black, and would only take time
  const inked = masked(ink, STRONG_INK * peak);
  if (count(inked) > MOST_INK * drawing.pixels.length) return { digits: [], hint: FULL_HINT };
  const { mask, strays } = withoutStrays(inked);
  const box = boxOf(mask);
  if (longer(box) < Math.max(5, SHORTEST_STROKE * strokeWidth(cut(mask, box)))) return { digits: [], hint: DOT_HINT };
  const parts = sideBySide(mask);
  const crops = parts.map((part) => cropped(withRim(part, minus(mask, part), ink)));
  return { digits: crops.map(framed), hint: notes(crops, strays) };
}

function notes(crops, strays) {
  const said = [];
  if (crops.length > 1) said.push(`There are ${crops.length} digits here, told apart by the gaps between them.`);
  else if (crops[0].width > WIDEST * crops[0].height) said.push(WIDE_HINT);
  if (strays) said.push(`Left out ${strays} stray mark${strays > 1 ? "s" : ""} beside the digit.`);
  return said.join(" ");
}

/** Fitted in 20×20, centred by mass on 28×28, the brightest pixel scaled to 255. */
function framed(crop) {
  const { pixels } = centred(fitted(crop));
  const brightest = highest(pixels);
  return Uint8Array.from(pixels, (level) => Math.min(255, roundHalfEven((level * 255) / brightest)));
}

/** Its longer side brought to 20 pixels: each the mean of the area under it or, made larger, interpolated linearly. */
function fitted(crop) {
  const longest = Math.max(crop.height, crop.width);
  const rows = Math.max(1, roundHalfEven((crop.height * BOX) / longest));
  const columns = Math.max(1, roundHalfEven((crop.width * BOX) / longest));
  const shares = longest < BOX ? linearShares : areaShares;
  const across = shares(crop.width, columns), down = shares(crop.height, rows);
  const narrow = new Float64Array(crop.height * columns), pixels = new Float64Array(rows * columns);
  for (let row = 0; row < crop.height; row++) {
    across.forEach(({ start, weights }, column) => {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i] * crop.pixels[row * crop.width + start + i];
      narrow[row * columns + column] = sum;
    });
  }
  down.forEach(({ start, weights }, row) => {
    for (let i = 0; i < weights.length; i++) {
      for (let column = 0; column < columns; column++)
        pixels[row * columns + column] += weights[i] * narrow[(start + i) * columns + column];
    }
  });
  return { pixels, height: rows, width: columns };
}

/** For each of `cells` equal stretches of `length` pixels: the first pixel that it covers, and the share of each. */
function areaShares(length, cells) {
  return Array.from({ length: cells }, (_, cell) => {
    const from = (cell * length) / cells, to = ((cell + 1) * length) / cells, start = Math.floor(from);
    const weights = [];
    for (let pixel = start; pixel < Math.min(to, length); pixel++)
      weights.push((Math.min(to, pixel + 1) - Math.max(from, pixel)) / (to - from));
    return { start, weights };
  });
}

/** The same for enlarging: the weights of the pixels whose middles are next to that of the cell. */
function linearShares(length, cells) {
  const scale = length / cells;
  return Array.from({ length: cells }, (_, cell) => {
    const middle = (cell + 0.5) * scale;
    const start = Math.max(0, Math.floor(middle - 0.5)), stop = Math.min(length, Math.floor(middle + 1.5));
    const weights = [];
    for (let pixel = start; pixel < stop; pixel++) weights.push(Math.max(0, 1 - Math.abs(pixel + 0.5 - middle)));
    const sum = weights.reduce((a, b) => a + b);
    return { start, weights: weights.map((weight) => weight / sum) };
  });
}

/** On 28×28, its centre of mass within half a pixel of (14, 14), as far as all of it fits. */
function centred({ pixels, height, width }) {
  let mass = 0, down = 0, right = 0;
  pixels.forEach((level, place) => {
    mass += level;
    down += level * Math.floor(place / width);
    right += level * (place % width);
  });
  const corner = (moment, side) => Math.min(Math.max(Math.floor(CENTRE - moment / mass + 0.5), 0), SIZE - side);
  const top = corner(down, height), left = corner(right, width);
  const image = new Float64Array(SIZE * SIZE);
  for (let row = 0; row < height; row++)
    image.set(pixels.subarray(row * width, (row + 1) * width), (top + row) * SIZE + left);
  return { pixels: image, height: SIZE, width: SIZE };
}

/** The ink of a digit's strong pixels, and the fainter ink right beside them that is not nearer to another digit. */
function withRim(digit, others, ink) {
  const box = boxOf(digit);
  const reach = 1.5 * Math.max(1, longer(box) / BOX); // the eight neighbours of a pixel of the fitted image
  const margin = Math.ceil(reach);
  const room = {
    top: Math.max(0, box.top - margin),
    bottom: Math.min(ink.height, box.bottom + margin),
    left: Math.max(0, box.left - margin),
    right: Math.min(ink.width, box.right + margin),
  };
  const around = cut(ink, room), elsewhere = cut(others, room), distance = squaredDistances(cut(digit, room));
  const rival = count(elsewhere) ? squaredDistances(elsewhere) : null;
  for (let place = 0; place < distance.length; place++) {
    const isNear = distance[place] <= reach * reach && (!rival || distance[place] < rival[place]);
    if (!isNear || around.pixels[place] < FAINTEST_INK) around.pixels[place] = 0;
  }
  return around;
}

/** The mask without small patches further than a stroke's width from its largest one, and how many these were. */
function withoutStrays(mask) {
  const patches = labelled(mask);
  if (patches.areas.length === 1) return { mask, strays: 0 };
  const largestArea = Math.max(...patches.areas), largest = patches.areas.indexOf(largestArea) + 1;
  const body = only(patches, [largest]);
  const distances = squaredDistances(body), nearest = patches.areas.map(() => Infinity);
  for (let place = 0; place < distances.length; place++) {
    const label = patches.pixels[place];
    if (label) nearest[label - 1] = Math.min(nearest[label - 1], distances[place]);
  }
  const all = count(mask), limit = strokeWidth(cut(body, boxOf(body))) ** 2;
  const isStray = patches.areas.map(
    (area, i) => area < STRAY_SHARE * all && area < STRAY_TO_LARGEST * largestArea && nearest[i] > limit,
  );
  const kept = patches.areas.map((_, i) => i + 1).filter((label) => !isStray[label - 1]);
  return { mask: only(patches, kept), strays: patches.areas.length - kept.length };
}

/** The digits of a mask from left to right, each a mask, told apart by the gaps between them; often just one. */
function sideBySide(mask) {
  const patches = labelled(mask);
  if (patches.areas.length === 1) return [mask];
  const boxes = patches.areas.map((_, i) => boxOf(only(patches, [i + 1])));
  const heights = boxes.map((box) => box.bottom - box.top), tallest = Math.max(...heights);
  const bodies = heights.flatMap((height, i) => (height >= LEAST_HEIGHT * tallest ? [i + 1] : []));
  bodies.sort((a, b) => boxes[a - 1].left - boxes[b - 1].left);
  let groups = [];
  for (const body of bodies) {
    const joined = groups.filter((group) => group.some((other) => !areApart(patches, boxes, other, body)));
    groups = [...groups.filter((group) => !joined.includes(group)), [body, ...joined.flat()]];
  }
  if (groups.length < 2 || groups.length > MOST_DIGITS) return [mask];
  const leftmost = (group) => Math.min(...group.map((label) => boxes[label - 1].left));
  groups.sort((a, b) => leftmost(a) - leftmost(b));
  const distances = groups.map((group) => squaredDistances(only(patches, group)));
  const parts = groups.map(() => ({ ...mask, pixels: new Uint8Array(mask.pixels.length) }));
  for (let place = 0; place < mask.pixels.length; place++) {
    if (!mask.pixels[place]) continue;
    const nearest = distances.reduce((best, other, i) => (other[place] < distances[best][place] ? i : best), 0);
    parts[nearest].pixels[place] = 1;
  }
  return parts;
}

/** Whether two patches stand beside each other: with a gap in all of the rows, enough of them, that they share. */
function areApart(patches, boxes, first, second) {
  const a = boxes[first - 1], b = boxes[second - 1], lower = Math.min(a.bottom - a.top, b.bottom - b.top);
  let shared = 0, gap = Infinity;
  for (let row = Math.max(a.top, b.top); row < Math.min(a.bottom, b.bottom); row++) {
    const line = patches.pixels.subarray(row * patches.width, (row + 1) * patches.width);
    const end = line.lastIndexOf(first), start = line.indexOf(second);
    if (end < 0 || start < 0) continue;
    shared++;
    gap = Math.min(gap, start - end);
  }
  return shared > 0 && shared >= LEAST_SHARED * lower && gap >= LEAST_GAP * lower;
}

/** Twice the largest distance of a mask to what is not in it: the width of its thickest stroke, in pixels. */
function strokeWidth(mask) {
  const height = mask.height + 2, width = mask.width + 2;
  const ground = { pixels: new Uint8Array(height * width).fill(1), height, width };
  for (let row = 0, place = 0; row < mask.height; row++) {
    for (let column = 0; column < mask.width; column++, place++) {
      if (mask.pixels[place]) ground.pixels[(row + 1) * width + column + 1] = 0;
    }
  }
  return Math.max(1, 2 * Math.sqrt(highest(squaredDistances(ground))) - 1);
}

/** Each pixel's squared distance to the nearest one in the mask: Felzenszwalb and Huttenlocher 2012, exact. */
function squaredDistances({ pixels, height, width }) {
  const far = height + width, squares = new Float64Array(height * width);
  for (let column = 0; column < width; column++) {
    for (let row = 0, away = far; row < height; row++) {
      away = pixels[row * width + column] ? 0 : Math.min(away + 1, far);
      squares[row * width + column] = away;
    }
    for (let row = height - 1, away = far; row >= 0; row--) {
      const place = row * width + column;
      away = Math.min(squares[place], away + 1);
      squares[place] = away * away;
    }
  }
  const line = new Float64Array(width), vertex = new Int32Array(width), edge = new Float64Array(width + 1);
  for (let row = 0; row < height; row++) {
    line.set(squares.subarray(row * width, (row + 1) * width));
    let last = 0;
    vertex[0] = 0;
    edge[0] = -Infinity;
    for (let q = 1; q < width; q++) {
      let meet;
      for (;; last--) {
        const v = vertex[last];
        meet = (line[q] - line[v] + q * q - v * v) / (2 * (q - v));
        if (meet > edge[last]) break;
      }
      vertex[++last] = q;
      edge[last] = meet;
    }
    edge[last + 1] = Infinity;
    for (let q = 0, parabola = 0; q < width; q++) {
      while (edge[parabola + 1] < q) parabola++;
      squares[row * width + q] = (q - vertex[parabola]) ** 2 + line[vertex[parabola]];
    }
  }
  return squares;
}

/** Every patch of a mask with a number of its own, from 1, neighbours across corners too; and how large each is. */
function labelled({ pixels, height, width }) {
  const labels = new Int32Array(height * width), waiting = new Int32Array(height * width), areas = [];
  for (let seed = 0; seed < labels.length; seed++) {
    if (!pixels[seed] || labels[seed]) continue;
    const label = areas.length + 1;
    let reached = 0, found = 0; // `waiting` has every pixel of this patch, those still to be looked around from `reached`
    labels[seed] = label;
    waiting[found++] = seed;
    for (; reached < found; reached++) {
      const place = waiting[reached], column = place % width;
      const first = column > 0 ? -1 : 0, last = column < width - 1 ? 1 : 0;
      for (let line = place - width; line <= place + width; line += width) {
        if (line < 0 || line >= labels.length) continue;
        for (let next = line + first; next <= line + last; next++) {
          if (!pixels[next] || labels[next]) continue;
          labels[next] = label;
          waiting[found++] = next;
        }
      }
    }
    areas.push(found);
  }
  return { pixels: labels, height, width, areas };
}

/** Where the pixels of an image are above a level. */
function masked({ pixels, height, width }, level) {
  const mask = new Uint8Array(pixels.length);
  for (let place = 0; place < mask.length; place++) mask[place] = pixels[place] > level ? 1 : 0;
  return { pixels: mask, height, width };
}

/** The mask of the patches with these labels. */
function only({ pixels, height, width, areas }, labels) {
  const isWanted = Uint8Array.from({ length: areas.length + 1 }, (_, label) => labels.includes(label));
  const mask = new Uint8Array(pixels.length);
  for (let place = 0; place < mask.length; place++) mask[place] = isWanted[pixels[place]];
  return { pixels: mask, height, width };
}

/** A mask without a part of it. */
function minus({ pixels, height, width }, part) {
  const mask = new Uint8Array(pixels.length);
  for (let place = 0; place < mask.length; place++) mask[place] = pixels[place] & ~part.pixels[place];
  return { pixels: mask, height, width };
}

function count({ pixels }) {
  let sum = 0;
  for (let place = 0; place < pixels.length; place++) sum += pixels[place];
  return sum;
}

function highest(values) {
  let most = 0;
  for (let place = 0; place < values.length; place++) if (values[place] > most) most = values[place];
  return most;
}

const longer = (box) => Math.max(box.bottom - box.top, box.right - box.left);
const cropped = (image) => cut(image, boxOf(image));

/** The smallest rectangle that holds every pixel above 0. */
function boxOf({ pixels, height, width }) {
  const box = { top: height, bottom: 0, left: width, right: 0 };
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (!pixels[row * width + column]) continue;
      if (!box.bottom) box.top = row;
      box.bottom = row + 1;
      if (column < box.left) box.left = column;
      if (column >= box.right) box.right = column + 1;
    }
  }
  return box;
}

function cut({ pixels, width }, { top, bottom, left, right }) {
  const part = new Uint8Array((bottom - top) * (right - left));
  for (let row = top; row < bottom; row++)
    part.set(pixels.subarray(row * width + left, row * width + right), (row - top) * (right - left));
  return { pixels: part, height: bottom - top, width: right - left };
}

/** As Python rounds: 2.5 to 2, 3.5 to 4. */
function roundHalfEven(value) {
  const low = Math.floor(value);
  return value - low === 0.5 ? low + (low % 2) : Math.round(value);
}
