// Colours of values, from dark to bright in equal steps to the eye, also without colour vision.

import { lineColour } from "./dom.js";

const RAMP = [[13, 27, 62], [37, 58, 115], [44, 101, 146], [52, 143, 154], [104, 183, 141], [178, 214, 121], [250, 236, 130]];

export function ramp(share) {
  const at = Math.min(0.9999, Math.max(0, share)) * (RAMP.length - 1);
  const low = Math.floor(at);
  return RAMP[low].map((from, channel) => Math.round(from + (at - low) * (RAMP[low + 1][channel] - from)));
}

export function actionColour(at) {
  const hex = lineColour(at);
  return [1, 3, 5].map((begin) => parseInt(hex.slice(begin, begin + 2), 16));
}

export function isLight([red, green, blue]) {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140;
}
