// What an agent thinks states of two numbers are worth, at several moments of its training.

import { colour, h, lineColour, number } from "./dom.js";

// From dark to bright, in equal steps to the eye, also without colour vision.
const RAMP = [[13, 27, 62], [37, 58, 115], [44, 101, 146], [52, 143, 154], [104, 183, 141], [178, 214, 121], [250, 236, 130]];
const ROWS = 7;

function ramp(share) {
  const at = Math.min(0.9999, Math.max(0, share)) * (RAMP.length - 1);
  const low = Math.floor(at);
  return RAMP[low].map((from, channel) => Math.round(from + (at - low) * (RAMP[low + 1][channel] - from)));
}

function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

export function valuesCard(id) {
  const said = h("p", { class: "quiet", role: "status" });
  const button = h("button", { type: "button", class: "main", text: "Show the values", onclick: () => ask([]) });
  const what = h("select", { onchange: draw }, h("option", { value: "values", text: "value of the best action" }), h("option", { value: "actions", text: "best action" }));
  const slider = h("input", { type: "range", min: "0", max: "0", step: "1", "aria-label": "Moment of training", oninput: () => { follows = Number(slider.value) === surfaces.length - 1; draw(); } });
  const moment = h("output", {});
  const canvas = h("canvas", { width: 60, height: 60, role: "img" });
  const x = h("p", { class: "x" });
  const scale = h("canvas", { width: 120, height: 1, "aria-hidden": "true" });
  const low = h("span");
  const high = h("span");
  const key = h("ul", { class: "actions-key" });
  const scaleRow = h("div", { class: "scale" }, low, scale, high);
  const table = h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Values as a table" });
  const details = h("details", { ontoggle: () => fill() }, h("summary", { text: "As a table" }), table);
  const shown = h("div", { hidden: true },
    h("div", { class: "controls" }, h("label", {}, "Show", what), h("div", { class: "row wide" }, slider, moment)),
    h("div", { class: "surface" }, canvas, x, scaleRow, key), details);
  const element = h("section", { class: "card", "aria-label": "What states are worth" },
    h("h2", { text: "What states are worth" }), button, said, shown);
  let source = null;
  let known = [];
  let asked = false;
  let follows = true;
  const surfaces = [];

  function ask(steps) {
    asked = true;
    button.hidden = true;
    const wanted = steps.length ? steps : known;
    if (!surfaces.length) said.textContent = "The values are being computed \u2026";
    source?.close();
    source = new EventSource(`api/runs/${id}/values?steps=${wanted.join(",")}`);
    source.addEventListener("values", (event) => {
      const surface = JSON.parse(event.data);
      take({ ...surface, steps: wanted[surface.number] ?? null });
    });
    source.addEventListener("problem", (event) => end(JSON.parse(event.data).error));
    source.addEventListener("done", () => end(""));
    source.addEventListener("error", () => end("The board does not answer."));
  }

  function end(sentence) {
    source?.close();
    source = null;
    if (sentence || surfaces.length) said.textContent = sentence;
    button.hidden = surfaces.length > 0;
    more();
  }

  // A run under way keeps further moments: those that are not known yet are asked for.
  function more() {
    if (!asked || source || !surfaces.length) return;
    const have = new Set(surfaces.map(({ steps }) => steps));
    const missing = known.filter((steps) => !have.has(steps));
    if (missing.length) ask(missing);
  }

  function offer(moments) {
    known = moments;
    more();
  }

  function take(surface) {
    surfaces.push(surface);
    surfaces.sort((one, other) => (one.steps ?? 0) - (other.steps ?? 0));
    shown.hidden = false;
    said.textContent = "";
    slider.max = String(surfaces.length - 1);
    slider.hidden = surfaces.length < 2;
    if (follows) slider.value = slider.max;
    draw();
  }

  function draw() {
    const surface = surfaces[Number(slider.value)];
    if (!surface) return;
    const { values, actions, names } = surface;
    const all = surfaces.flatMap((one) => one.values.flat());
    const least = all.reduce((a, b) => Math.min(a, b));
    const most = all.reduce((a, b) => Math.max(a, b));
    const ofActions = what.value === "actions";
    const count = Math.max(...surfaces.flatMap((one) => one.actions.flat())) + 1;
    const colours = Array.from({ length: count }, (_, at) => rgb(lineColour(at)));
    const rows = values.length;
    canvas.width = values[0].length;
    canvas.height = rows;
    canvas.style.imageRendering = ofActions ? "pixelated" : "auto";
    const context = canvas.getContext("2d");
    const image = context.createImageData(canvas.width, rows);
    values.forEach((row, at) => row.forEach((value, column) => {
      const paint = ofActions ? colours[actions[at][column]] : ramp((value - least) / (most - least || 1));
      image.data.set([...paint, 255], 4 * ((rows - 1 - at) * canvas.width + column)); // upwards
    }));
    context.putImageData(image, 0, 0);
    const ends = (numbers) => `${number(numbers[0], 3)} to ${number(numbers[numbers.length - 1], 3)}`;
    x.textContent = `across: ${names[0]}, ${ends(surface.x)} \u00b7 upwards: ${names[1]}, ${ends(surface.y)}`;
    moment.textContent = surface.steps === null ? "the newest policy" : `after ${number(surface.steps)} steps`;
    slider.setAttribute("aria-valuetext", moment.textContent);
    scaleRow.hidden = ofActions;
    key.hidden = !ofActions;
    low.textContent = number(least);
    high.textContent = number(most);
    const band = scale.getContext("2d");
    for (let at = 0; at < 120; at += 1) {
      band.fillStyle = `rgb(${ramp(at / 119).join(",")})`;
      band.fillRect(at, 0, 1, 1);
    }
    key.replaceChildren(...colours.map((_, at) => {
      const dot = h("span", { class: "dot", "aria-hidden": "true" });
      dot.style.background = colour(`c${at % 8}`);
      return h("li", {}, dot, surface.action_names?.[at] ?? `action ${at}`);
    }));
    canvas.setAttribute("aria-label", `${what.selectedOptions[0].textContent} over ${names.join(" and ")}, ${moment.textContent}; values from ${number(least)} to ${number(most)}.`);
    fill();
  }

  function fill() {
    const surface = surfaces[Number(slider.value)];
    if (!details.open || !surface) return;
    const picks = (length) => Array.from({ length: ROWS }, (_, at) => Math.round((at * (length - 1)) / (ROWS - 1)));
    const columns = picks(surface.x.length);
    const heads = columns.map((at) => h("th", { scope: "col", class: "number", text: number(surface.x[at], 3) }));
    const rows = picks(surface.y.length).map((row) => h("tr", {}, h("th", { scope: "row", class: "number", text: number(surface.y[row], 3) }),
      columns.map((at) => h("td", { class: "number", text: what.value === "actions" ? String(surface.actions[row][at]) : number(surface.values[row][at]) }))));
    table.replaceChildren(h("table", {}, h("caption", { text: `${surface.names[0]} across, ${surface.names[1]} down` }),
      h("thead", {}, h("tr", {}, h("th", { scope: "col", text: "" }), heads)), h("tbody", {}, rows)));
  }

  addEventListener("scheme", draw);
  return { element, offer, stop: () => { source?.close(); source = null; } };
}
