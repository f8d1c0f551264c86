// Values and best actions of a world whose states lie on a map.

import { h, number } from "./dom.js";
import { actionColour, isLight, ramp } from "./ramp.js";

const OVER = { hole: "#3e4c59", cliff: "#3e4c59", goal: "#1a7f45" };
const LETTERS = { start: "S", goal: "G", hole: "H", cliff: "C" };
const WIDTH = 960; // twice what is shown, so that lines are sharp
const MOST_NUMBERED = 120;

export function drawMap(canvas, world, [least, most], ofActions) {
  const { sheets, across, values, actions } = world;
  const rows = sheets[0].cells.length;
  const columns = sheets[0].cells[0].length;
  const gap = sheets.length > 1 ? 1 : 0;
  const cell = Math.floor(WIDTH / (across * (columns + gap)));
  const down = Math.ceil(sheets.length / across);
  canvas.width = across * (columns + gap) * cell;
  canvas.height = down * (rows + gap) * cell;
  canvas.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
  const context = canvas.getContext("2d");
  context.textAlign = "center";
  context.textBaseline = "middle";
  const numbered = sheets.length * rows * columns <= MOST_NUMBERED;
  sheets.forEach((sheet, index) => {
    const left = (index % across) * (columns + gap) * cell;
    const top = (Math.floor(index / across) * (rows + gap) + gap) * cell;
    if (sheet.title) {
      context.fillStyle = getComputedStyle(canvas).color;
      context.font = `${Math.min(cell * 0.55, 22)}px system-ui, sans-serif`;
      context.fillText(sheet.title, left + (columns * cell) / 2, top - cell / 2, columns * cell);
    }
    sheet.cells.forEach((line, row) => line.forEach((state, column) => {
      if (state < 0) return;
      const x = left + column * cell;
      const y = top + row * cell;
      const over = values[state] === null;
      const paint = over ? null : ofActions ? actionColour(actions[state]) : ramp((values[state] - least) / (most - least || 1));
      context.fillStyle = over ? OVER[world.places[state]] ?? "#c4cbd3" : `rgb(${paint.join(",")})`;
      context.fillRect(x, y, cell - 1, cell - 1);
      const ink = over ? (OVER[world.places[state]] ? "#ffffff" : "#1c2630") : isLight(paint) ? "#1c2630" : "#ffffff";
      context.fillStyle = ink;
      context.strokeStyle = ink;
      if (!over) act(context, world, state, x + cell / 2, y + cell * (numbered ? 0.4 : 0.5), cell);
      if (numbered && !over) {
        context.font = `${cell * 0.17}px system-ui, sans-serif`;
        context.fillText(number(values[state], 3), x + cell / 2, y + cell * 0.82);
      }
      const place = world.places[state];
      if (place) {
        context.font = `bold ${cell * 0.2}px system-ui, sans-serif`;
        context.fillText(LETTERS[place] ?? place, x + cell * 0.16, y + cell * 0.17, cell * 0.3);
      }
    }));
    context.strokeStyle = getComputedStyle(canvas).color;
    context.lineWidth = Math.max(2, cell / 12);
    for (const [[fromX, fromY], [toX, toY]] of world.walls) {
      context.beginPath();
      context.moveTo(left + fromX * cell, top + fromY * cell);
      context.lineTo(left + toX * cell, top + toY * cell);
      context.stroke();
    }
  });
}

function act(context, { arrows, signs }, state, x, y, cell) {
  const [right, down] = arrows[state];
  if (!right && !down) {
    context.font = `bold ${cell * 0.28}px system-ui, sans-serif`;
    context.fillText(signs[state] || "\u2022", x, y);
    return;
  }
  const length = cell * 0.18;
  const head = cell * 0.11;
  context.lineWidth = Math.max(1.5, cell / 20);
  context.beginPath();
  context.moveTo(x - right * length, y - down * length);
  context.lineTo(x + right * length, y + down * length);
  context.stroke();
  context.beginPath();
  const tip = [x + right * (length + head), y + down * (length + head)];
  context.moveTo(...tip);
  context.lineTo(tip[0] - (right + down) * head, tip[1] - (down - right) * head);
  context.lineTo(tip[0] - (right - down) * head, tip[1] - (down + right) * head);
  context.fill();
}

export function mapTable(world) {
  const rows = world.sheets.flatMap(({ title, cells }) => cells.flatMap((line, row) => line.map((state, column) => ({ title, row, column, state }))))
    .filter(({ state }) => state >= 0)
    .map(({ title, row, column, state }) => h("tr", {},
      h("th", { scope: "row", text: `${title ? `${title}: ` : ""}${named(world.rows, "row", row)}, ${named(world.columns, "column", column)}` }),
      h("td", { text: world.places[state] }),
      h("td", { class: "number", text: number(world.values[state]) }),
      h("td", { text: world.values[state] === null ? "" : world.action_names[world.actions[state]] })));
  const heads = [["State"], ["What is there"], ["Value", "number"], ["Best action"]].map(([text, kind]) => h("th", { scope: "col", class: kind, text }));
  return h("table", {}, h("caption", { class: "unseen", text: "Values and best actions" }), h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows));
}

function named(axis, kind, at) {
  return axis ? `${axis[0]} ${axis[at + 1]}` : `${kind} ${at + 1}`;
}
