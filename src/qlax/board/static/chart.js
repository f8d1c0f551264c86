// A chart by uPlot, with a sentence for those who do not see it and a table of its numbers.

import { colour, h, metricName, number, short } from "./dom.js";

const ROWS = 200;

export class Chart {
  #plot = null;
  #shape = "";
  #lines = [];
  #zoomed = false;

  // lines: {label, x, y, colour, width, dash, low, high}
  constructor({ title, axis, height = 280, legend = true, hint = false }) {
    this.title = title;
    this.axis = axis;
    this.height = height;
    this.legend = legend;
    this.canvas = h("div", { class: "chart" });
    this.table = h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": `${title}, as a table` });
    this.details = h("details", { ontoggle: () => this.#fill() }, h("summary", { text: "As a table" }), this.table);
    this.element = h("div", {}, this.canvas,
      h("div", { class: "under" },
        hint && h("p", { class: "quiet", text: "Drag to look closer, double-click for the whole." }),
        this.details));
    this.#watch();
  }

  show(lines, axis = this.axis) {
    this.axis = axis;
    this.#lines = lines.filter((line) => line.x.length);
    const shape = JSON.stringify([axis, this.#lines.map((line) => [line.label, line.colour, line.dash, !!line.low])]);
    const data = this.#aligned();
    if (this.#plot && shape === this.#shape) this.#plot.setData(data, !this.#zoomed);
    else this.#build(data, shape);
    const root = this.canvas.querySelector(".u-wrap");
    this.element.dataset.points = this.#lines.reduce((sum, line) => sum + line.x.length, 0);
    root?.setAttribute("role", "img");
    root?.setAttribute("aria-label", this.#sentence());
    this.#fill();
  }

  destroy() {
    this.#resize.disconnect();
    this.#scheme.removeEventListener("change", this.#redraw);
    this.#plot?.destroy();
  }

  #resize = new ResizeObserver(() => {
    if (this.#plot && this.canvas.clientWidth) this.#plot.setSize({ width: this.canvas.clientWidth, height: this.height });
  });
  #scheme = matchMedia("(prefers-color-scheme: dark)");
  #redraw = () => {
    this.#shape = "";
    this.canvas.dispatchEvent(new CustomEvent("scheme", { bubbles: true }));
  };

  #watch() {
    this.#resize.observe(this.canvas);
    this.#scheme.addEventListener("change", this.#redraw);
  }

  #aligned() {
    if (!this.#lines.length) return [[]];
    return uPlot.join(this.#lines.map(({ x, y, low, high }) => (low ? [x, y, low, high] : [x, y])));
  }

  #build(data, shape) {
    this.#plot?.destroy();
    this.#plot = null;
    this.#zoomed = false;
    this.#shape = shape;
    this.canvas.replaceChildren();
    if (!this.#lines.length) {
      this.canvas.append(h("p", { class: "quiet", text: "Nothing to show yet." }));
      return;
    }
    const series = [{ label: metricName(this.axis), value: (_, value) => number(value) }];
    const bands = [];
    for (const line of this.#lines) {
      series.push({
        label: line.label, stroke: line.colour, width: line.width ?? 2, dash: line.dash, spanGaps: true,
        points: { show: line.x.length === 1 }, value: (_, value) => number(value),
      });
      if (line.low) {
        const edge = { stroke: "transparent", width: 0, spanGaps: true, points: { show: false }, class: "edge" };
        series.push({ ...edge, label: `${line.label}, lowest`, value: (_, value) => number(value) });
        series.push({ ...edge, label: `${line.label}, highest`, value: (_, value) => number(value) });
        bands.push({ series: [series.length - 1, series.length - 2], fill: `${line.colour}2e` });
      }
    }
    const axis = {
      stroke: colour("soft"), grid: { stroke: colour("grid"), width: 1 }, ticks: { stroke: colour("grid"), width: 1 },
      font: "12px system-ui, sans-serif",
    };
    this.#plot = new uPlot({
      width: this.canvas.clientWidth || 640, height: this.height, series, bands,
      scales: { x: { time: false } },
      axes: [
        { ...axis, values: (_, splits) => splits.map(short), space: 64, size: 36 },
        { ...axis, values: (_, splits) => splits.map(short), size: 56 },
      ],
      legend: { show: this.legend, live: true },
      cursor: { points: { size: 6 }, focus: { prox: 24 } },
      hooks: {
        setSelect: [() => { this.#zoomed = true; }],
        init: [(plot) => plot.over.addEventListener("dblclick", () => { this.#zoomed = false; })],
      },
    }, data, this.canvas);
  }

  #sentence() {
    const ends = this.#lines.filter((line) => !line.hidden).map((line) => {
      const last = line.y.length - 1;
      return `${line.label}: ${number(line.y[last])} at ${number(line.x[last])}`;
    });
    return `${this.title}, over ${metricName(this.axis)}. ${ends.join("; ")}.`;
  }

  #fill() {
    if (!this.details.open) return;
    const lines = this.#lines;
    const data = this.#aligned();
    const every = Math.max(1, Math.ceil((data[0].length || 1) / ROWS));
    const columns = lines.flatMap((line) => (line.low ? [line.label, `${line.label}, lowest`, `${line.label}, highest`] : [line.label]));
    const rows = [];
    for (let at = 0; at < data[0].length; at += every) {
      rows.push(h("tr", {}, h("th", { scope: "row", class: "number", text: number(data[0][at]) }),
        data.slice(1).map((column) => h("td", { class: "number", text: number(column[at]) }))));
    }
    const heads = [metricName(this.axis), ...columns].map((name) => h("th", { scope: "col", class: "number", text: name }));
    this.table.replaceChildren(
      h("table", {}, h("caption", { class: "unseen", text: this.title }), h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows)));
  }
}
