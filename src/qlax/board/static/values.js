// What an agent thinks states are worth, over two numbers or on a map, at several moments of its training.

import { colour, h, number } from "./dom.js";
import { drawMap, mapTable } from "./map.js";
import { actionColour, ramp } from "./ramp.js";

const ROWS = 7;

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
    const isMap = surface.kind === "map";
    const ofActions = what.value === "actions";
    const [least, most] = limits();
    if (isMap) drawMap(canvas, surface, [least, most], ofActions);
    else drawPlane(surface, [least, most], ofActions);
    x.textContent = isMap ? surface.about : planeText(surface);
    moment.textContent = surface.steps === null ? "the newest policy" : `after ${number(surface.steps)} steps`;
    slider.setAttribute("aria-valuetext", moment.textContent);
    scaleRow.hidden = ofActions;
    key.hidden = !ofActions;
    low.textContent = `${isMap ? "" : "\u2264 "}${number(least, 3)}`;
    high.textContent = `${isMap ? "" : "\u2265 "}${number(most, 3)}`;
    const band = scale.getContext("2d");
    for (let at = 0; at < 120; at += 1) {
      band.fillStyle = `rgb(${ramp(at / 119).join(",")})`;
      band.fillRect(at, 0, 1, 1);
    }
    key.replaceChildren(...surface.action_names.map((name, at) => {
      const dot = h("span", { class: "dot", "aria-hidden": "true" });
      dot.style.background = colour(`c${at % 8}`);
      return h("li", {}, dot, name);
    }));
    canvas.setAttribute("aria-label", `${what.selectedOptions[0].textContent} ${isMap ? "on the map" : `over ${surface.names.join(" and ")}`}, ${moment.textContent}; values from ${number(least)} to ${number(most)}.`);
    fill();
  }

  function drawPlane({ values, actions }, [least, most], ofActions) {
    const rows = values.length;
    canvas.width = values[0].length;
    canvas.height = rows;
    canvas.style.imageRendering = ofActions ? "pixelated" : "auto";
    const context = canvas.getContext("2d");
    const image = context.createImageData(canvas.width, rows);
    values.forEach((row, at) => row.forEach((value, column) => {
      const paint = ofActions ? actionColour(actions[at][column]) : ramp((value - least) / (most - least || 1));
      image.data.set([...paint, 255], 4 * ((rows - 1 - at) * canvas.width + column)); // upwards
    }));
    context.putImageData(image, 0, 0);
  }

  function planeText({ x: across, y: upwards, names }) {
    const ends = (numbers) => `${number(numbers[0], 3)} to ${number(numbers[numbers.length - 1], 3)}`;
    return `across: ${names[0]}, ${ends(across)} \u00b7 upwards: ${names[1]}, ${ends(upwards)}`;
  }

  // The colours of all moments are the same, and leave out the farthest hundredths, where nothing
  // was learned.
  function limits() {
    const all = surfaces.flatMap((one) => one.values.flat()).filter((value) => value !== null).sort((a, b) => a - b);
    const at = (share) => all[Math.round(share * (all.length - 1))];
    return surfaces[0].kind === "map" ? [at(0), at(1)] : [at(0.02), at(0.98)];
  }

  function fill() {
    const surface = surfaces[Number(slider.value)];
    if (!details.open || !surface) return;
    if (surface.kind === "map") {
      table.replaceChildren(mapTable(surface));
      return;
    }
    const picks = (length) => Array.from({ length: ROWS }, (_, at) => Math.round((at * (length - 1)) / (ROWS - 1)));
    const columns = picks(surface.x.length);
    const heads = columns.map((at) => h("th", { scope: "col", class: "number", text: number(surface.x[at], 3) }));
    const rows = picks(surface.y.length).map((row) => h("tr", {}, h("th", { scope: "row", class: "number", text: number(surface.y[row], 3) }),
      columns.map((at) => h("td", { class: "number", text: what.value === "actions" ? surface.action_names[surface.actions[row][at]] : number(surface.values[row][at]) }))));
    table.replaceChildren(h("table", {}, h("caption", { text: `${surface.names[0]} across, ${surface.names[1]} down` }),
      h("thead", {}, h("tr", {}, h("th", { scope: "col", text: surface.names[1] }), heads)), h("tbody", {}, rows)));
  }

  addEventListener("scheme", draw);
  return { element, offer, stop: () => { source?.close(); source = null; } };
}
