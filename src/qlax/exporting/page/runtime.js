"use strict";
// Operations on small arrays: {shape, data}, row by row. A function each, by the operation's name.

const KINDS = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array, int8: Int8Array,
  int16: Int16Array, uint16: Uint16Array, uint32: Uint32Array, bool: Uint8Array };

function count(shape) { return shape.reduce((one, size) => one * size, 1); }

function made(shape, dtype) { return { shape, dtype, data: new KINDS[dtype](count(shape)) }; }

// How far apart neighbours along each axis are; 0 along axes that are stretched to a shape.
function strides(shape, to = shape) {
  const found = new Array(to.length).fill(0);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    if (shape[axis] !== 1) found[axis + to.length - shape.length] = step;
    step *= shape[axis];
  }
  return found;
}

// Calls visit(place, places in the inputs) for each place of a shape.
function walk(shape, steps, visit) {
  const at = shape.map(() => 0), places = steps.map(() => 0), size = count(shape);
  for (let place = 0; place < size; place++) {
    visit(place, places);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at[axis]++;
      steps.forEach((step, k) => { places[k] += step[axis]; });
      if (at[axis] < shape[axis]) break;
      steps.forEach((step, k) => { places[k] -= step[axis] * shape[axis]; });
      at[axis] = 0;
    }
  }
}

// Each entry of those in the same place.
function each(apply) {
  return (step, inputs) => {
    const out = made(step.shape, step.dtype);
    const data = inputs.map((one) => one.data);
    if (inputs.every((one) => one.data.length === out.data.length)) {
      for (let at = 0; at < out.data.length; at++) out.data[at] = apply(...data.map((d) => d[at]));
    } else {
      walk(step.shape, inputs.map((one) => strides(one.shape, step.shape)), (at, places) => {
        out.data[at] = apply(...data.map((d, k) => d[places[k]]));
      });
    }
    return out;
  };
}

function evened(x) {
  const low = Math.floor(x), over = x - low;
  return over < 0.5 ? low : over > 0.5 ? low + 1 : low % 2 === 0 ? low : low + 1;
}

// Abramowitz and Stegun's series would be too rough: a Taylor series near 0, a fraction elsewhere.
function erf(x) {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = x, sum = x;
    for (let n = 1; n < 60; n++) { term *= -x * x / n; sum += term / (2 * n + 1); }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
  let tail = 0;
  for (let n = 60; n > 0; n--) tail = n / 2 / (a + tail);
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + tail));
}

// Along an axis: what an array's rows before it, its own entries and those after it are.
function parts(shape, axis) {
  return [count(shape.slice(0, axis)), shape[axis], count(shape.slice(axis + 1))];
}

function along(step, [x], better) {
  const out = made(step.shape, step.dtype);
  const [before, size, after] = parts(x.shape, step.axis);
  for (let b = 0; b < before; b++) for (let a = 0; a < after; a++) {
    let best = 0;
    for (let at = 1; at < size; at++) {
      if (better(x.data[(b * size + at) * after + a], x.data[(b * size + best) * after + a])) best = at;
    }
    out.data[b * after + a] = best;
  }
  return out;
}

const REDUCTIONS = {
  sum: [0, (one, other) => one + other],
  prod: [1, (one, other) => one * other],
  max: [-Infinity, Math.max],
  min: [Infinity, Math.min],
};

const OPERATIONS = {
  abs: each(Math.abs), acos: each(Math.acos), add: each((a, b) => a + b), and: each((a, b) => a & b),
  asin: each(Math.asin), atan: each(Math.atan), ceil: each(Math.ceil), cos: each(Math.cos),
  cosh: each(Math.cosh), eq: each((a, b) => a === b), erf: each(erf), exp: each(Math.exp),
  floor: each(Math.floor), ge: each((a, b) => a >= b), gt: each((a, b) => a > b),
  le: each((a, b) => a <= b), log: each(Math.log), logistic: each((a) => 1 / (1 + Math.exp(-a))),
  lt: each((a, b) => a < b), max: each(Math.max), min: each(Math.min), mul: each((a, b) => a * b),
  ne: each((a, b) => a !== b), neg: each((a) => -a), not: each((a) => !a), or: each((a, b) => a | b),
  pow: each(Math.pow), rem: each((a, b) => a % b), round: each(evened), sign: each(Math.sign),
  sin: each(Math.sin), sinh: each(Math.sinh), sqrt: each(Math.sqrt), sub: each((a, b) => a - b),
  tan: each(Math.tan), tanh: each(Math.tanh), where: each((c, a, b) => (c ? a : b)),
  xor: each((a, b) => a ^ b),
  div: (step, inputs) => each(step.dtype === "float32" ? (a, b) => a / b
    : (a, b) => Math.trunc(a / b))(step, inputs),
  cast: each((a) => a),
  expand: each((a) => a),
  reshape: (step, [x]) => ({ shape: step.shape, dtype: step.dtype, data: x.data }),
  transpose(step, [x]) {
    const out = made(step.shape, step.dtype), own = strides(x.shape);
    walk(step.shape, [step.order.map((axis) => own[axis])], (at, [place]) => {
      out.data[at] = x.data[place];
    });
    return out;
  },
  slice(step, [x]) {
    const out = made(step.shape, step.dtype), steps = strides(x.shape);
    let first = 0;
    step.axes.forEach((axis, k) => {
      first += steps[axis] * step.starts[k];
      steps[axis] *= step.steps[k];
    });
    walk(step.shape, [steps], (at, [place]) => { out.data[at] = x.data[first + place]; });
    return out;
  },
  flip(step, [x]) {
    const out = made(step.shape, step.dtype), steps = strides(x.shape);
    let first = 0;
    for (const axis of step.axes) { first += steps[axis] * (x.shape[axis] - 1); steps[axis] *= -1; }
    walk(step.shape, [steps], (at, [place]) => { out.data[at] = x.data[first + place]; });
    return out;
  },
  concat(step, inputs) {
    const out = made(step.shape, step.dtype);
    const [before, whole, after] = parts(step.shape, step.axis);
    let begin = 0;
    for (const x of inputs) {
      const length = x.shape[step.axis] * after;
      for (let b = 0; b < before; b++) {
        out.data.set(x.data.subarray(b * length, (b + 1) * length), b * whole * after + begin);
      }
      begin += length;
    }
    return out;
  },
  pad(step, [x]) {
    const out = made(step.shape, step.dtype), steps = strides(step.shape);
    out.data.fill(step.value);
    const first = step.low.reduce((sum, low, axis) => sum + low * steps[axis], 0);
    const own = steps.map((one, axis) => (x.shape[axis] === 1 ? 0 : one));
    walk(x.shape, [own], (at, [place]) => { out.data[first + place] = x.data[at]; });
    return out;
  },
  matmul(step, [x, y]) {
    const out = made(step.shape, step.dtype);
    const inner = x.shape[x.shape.length - 1], columns = y.shape[y.shape.length - 1];
    const rows = x.shape.length > 1 ? x.shape[x.shape.length - 2] : 1;
    const batch = step.shape.slice(0, -2);
    const steps = [x, y].map((one) => strides(one.shape.slice(0, -2), batch));
    const sizes = [rows * inner, inner * columns];
    walk(batch, steps, (at, [left, right]) => {
      for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) {
          sum += x.data[left * sizes[0] + row * inner + k]
            * y.data[right * sizes[1] + k * columns + column];
        }
        out.data[(at * rows + row) * columns + column] = sum;
      }
    });
    return out;
  },
  reduce(step, [x]) {
    const [start, join] = REDUCTIONS[step.how], sums = new Array(count(step.shape)).fill(start);
    const own = strides(step.shape), kept = x.shape.map(() => 0);
    let next = 0;
    x.shape.forEach((_, axis) => { if (!step.axes.includes(axis)) kept[axis] = own[next++]; });
    walk(x.shape, [kept], (at, [place]) => { sums[place] = join(sums[place], x.data[at]); });
    const out = made(step.shape, step.dtype);
    out.data.set(sums);
    return out;
  },
  argmax: (step, inputs) => along(step, inputs, (one, best) => one > best),
  argmin: (step, inputs) => along(step, inputs, (one, best) => one < best),
  cumsum(step, [x]) {
    const out = made(step.shape, step.dtype), [before, size, after] = parts(x.shape, step.axis);
    for (let b = 0; b < before; b++) for (let a = 0; a < after; a++) {
      let sum = 0;
      for (let k = 0; k < size; k++) {
        const place = (b * size + (step.reverse ? size - 1 - k : k)) * after + a;
        sum += x.data[place];
        out.data[place] = sum;
      }
    }
    return out;
  },
  take(step, [x, places]) {
    const out = made(step.shape, step.dtype), [before, size, after] = parts(x.shape, step.axis);
    const many = places.data.length;
    for (let b = 0; b < before; b++) for (let k = 0; k < many; k++) {
      const from = (b * size + places.data[k]) * after;
      out.data.set(x.data.subarray(from, from + after), (b * many + k) * after);
    }
    return out;
  },
  take_along(step, [x, places]) {
    const out = made(step.shape, step.dtype), steps = strides(step.shape).map(() => 0);
    const own = strides(x.shape);
    own.forEach((one, axis) => { if (axis !== step.axis) steps[axis] = one; });
    walk(step.shape, [steps], (at, [place]) => {
      out.data[at] = x.data[place + places.data[at] * own[step.axis]];
    });
    return out;
  },
};

// A policy: arrays by the names of its inputs to arrays by the names of its outputs.
class Policy {
  constructor(document) {
    this.document = document;
    this.constants = {};
    for (const [name, { shape, dtype, bytes }] of Object.entries(document.constants)) {
      const raw = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
      this.constants[name] = { shape, dtype, data: new KINDS[dtype](raw.buffer) };
    }
  }

  run(inputs) {
    const known = { ...this.constants };
    for (const port of this.document.inputs) {
      const array = made([1, ...port.shape], port.dtype);
      array.data.set([inputs[port.name]].flat(9).map((one) => one - (port.first || 0)));
      known[port.value] = array;
    }
    for (const step of this.document.steps) {
      known[step.output] = OPERATIONS[step.kind](step, step.inputs.map((name) => known[name]));
    }
    const outputs = {};
    for (const port of this.document.outputs) {
      outputs[port.name] = Array.from(known[port.value].data, (one) => one + (port.first || 0));
    }
    return outputs;
  }
}
