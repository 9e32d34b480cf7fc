"use strict";
// The network as it answers, not as it learns: mnistcore/nn in JavaScript. Values lie in flat arrays: rows of numbers, or
// maps one after the other, each row by row. Parameters are views into one Float32Array, as in Python.

const LEAKY_SLOPE = 0.01, EPSILON = 1e-5;
const ACTIVATIONS = {
  identity: null,
  relu: (z) => Math.max(z, 0),
  leaky_relu: (z) => (z > 0 ? z : LEAKY_SLOPE * z),
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
  tanh: Math.tanh,
};
const LAYERS = { dense, conv2d, max_pool2d: pool, average_pool2d: pool, batch_norm: batchNorm };

/** The numbers in a base64 text of little-endian float32. */
function decodeFloats(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** Layers as the page's JSON has them, each with its own parameters in place of where they begin in `all`. */
function withParameters(layers, all) {
  return layers.map((layer) => ({
    ...layer,
    ...Object.fromEntries(layer.parameters.map(([name, start, length]) => [name, all.subarray(start, start + length)])),
  }));
}

/** Ten probabilities for an image of 28×28 grey levels, as `Network.predict` gives them. */
function predict(layers, loss, image) {
  let x = Float32Array.from(image, (level) => level / 255);
  for (const layer of layers) {
    const y = LAYERS[layer.kind](layer, x), activate = ACTIVATIONS[layer.activation];
    if (activate) for (let i = 0; i < y.length; i++) y[i] = activate(y[i]);
    x = y;
  }
  // Ten sigmoids are divided by their sum: the softmax of their logarithms.
  const logits = loss.startsWith("sigmoid") ? x.map((z) => Math.min(z, 0) - Math.log1p(Math.exp(-Math.abs(z)))) : x;
  const highest = Math.max(...logits), powers = Array.from(logits, (z) => Math.exp(z - highest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

function dense({ output_shape: [units], W, b }, x) {
  const y = b ? Float32Array.from(b) : new Float32Array(units);
  for (let i = 0; i < x.length; i++) {
    if (x[i] === 0) continue; // most pixels, and half of what a ReLU gives
    for (let unit = 0, place = i * units; unit < units; unit++, place++) y[unit] += x[i] * W[place];
  }
  return y;
}

function conv2d(layer, x) {
  const { input_shape: [channels, height, width], output_shape: [filters, rows, columns], kernel, stride, padding } = layer;
  const wide = width + 2 * padding, area = (height + 2 * padding) * wide, taps = channels * kernel * kernel;
  const maps = padding ? padded(x, layer.input_shape, padding) : x;
  layer.byFilter ??= Float32Array.from(layer.W, (_, i) => layer.W[(i % taps) * filters + Math.floor(i / taps)]);
  const weights = layer.byFilter; // each filter's lie together: half the time
  const seen = Int32Array.from({ length: taps }, (_, tap) => // what each weight meets, from a window's first pixel
    Math.floor(tap / kernel ** 2) * area + (Math.floor(tap / kernel) % kernel) * wide + (tap % kernel));
  const y = new Float32Array(filters * rows * columns);
  for (let filter = 0, place = 0; filter < filters; filter++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, place++) {
        const first = row * stride * wide + column * stride, own = filter * taps;
        let sum = layer.b ? layer.b[filter] : 0;
        for (let tap = 0; tap < taps; tap++) sum += weights[own + tap] * maps[first + seen[tap]];
        y[place] = sum;
      }
    }
  }
  return y;
}

function padded(x, [channels, height, width], padding) {
  const tall = height + 2 * padding, wide = width + 2 * padding;
  const maps = new Float32Array(channels * tall * wide);
  for (let line = 0; line < channels * height; line++) {
    const channel = Math.floor(line / height), row = (line % height) + padding;
    maps.set(x.subarray(line * width, (line + 1) * width), (channel * tall + row) * wide + padding);
  }
  return maps;
}

/** The largest value of each window, or the mean. */
function pool({ kind, input_shape: [, height, width], output_shape: [channels, rows, columns], kernel, stride }, x) {
  const isMax = kind === "max_pool2d", y = new Float32Array(channels * rows * columns);
  for (let channel = 0, place = 0; channel < channels; channel++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, place++) {
        let found = isMax ? -Infinity : 0;
        for (let tap = 0; tap < kernel * kernel; tap++) {
          const down = row * stride + Math.floor(tap / kernel), right = column * stride + (tap % kernel);
          const value = x[(channel * height + down) * width + right];
          found = isMax ? Math.max(found, value) : found + value / (kernel * kernel);
        }
        y[place] = found;
      }
    }
  }
  return y;
}

/** With the running statistics of the training; a channel is a map, or a single number. */
function batchNorm({ gain, b, mean, variance }, x) {
  const each = x.length / gain.length;
  const y = new Float32Array(x.length);
  for (let channel = 0; channel < gain.length; channel++) {
    const scale = gain[channel] / Math.sqrt(variance[channel] + EPSILON);
    for (let place = channel * each; place < (channel + 1) * each; place++)
      y[place] = scale * (x[place] - mean[channel]) + b[channel];
  }
  return y;
}
