// Curves of several seeds as one line with a band.

const GRID = 400;

export function between(curve, x) {
  const { x: xs, y: ys } = curve;
  if (!xs.length || x < xs[0] || x > xs[xs.length - 1]) return null;
  let low = 0;
  let high = xs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle;
    else high = middle;
  }
  if (xs[high] === xs[low]) return ys[high];
  return ys[low] + ((ys[high] - ys[low]) * (x - xs[low])) / (xs[high] - xs[low]);
}

function gridOf(curves) {
  const all = [...new Set(curves.flatMap((curve) => curve.x))].sort((a, b) => a - b);
  if (all.length <= GRID) return all;
  const first = all[0];
  const step = (all[all.length - 1] - first) / (GRID - 1);
  return Array.from({ length: GRID }, (_, at) => first + at * step);
}

// The mean, lowest and highest of the seeds that have come as far as each place.
export function banded(curves) {
  const there = curves.filter((curve) => curve && curve.x.length);
  const band = { x: gridOf(there), mean: [], low: [], high: [] };
  for (const x of band.x) {
    const values = there.map((curve) => between(curve, x)).filter((value) => value !== null);
    band.mean.push(values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null);
    band.low.push(values.length ? Math.min(...values) : null);
    band.high.push(values.length ? Math.max(...values) : null);
  }
  return band;
}

// An exponential moving average that is true to its start.
export function smoothed({ x, y }, weight) {
  let sum = 0;
  let all = 0;
  const means = y.map((value) => {
    sum = weight * sum + (1 - weight) * value;
    all = weight * all + (1 - weight);
    return sum / all;
  });
  return { x, y: means };
}
