// Several runs side by side: curves with bands over seeds, outcomes, and what differs.

import { ask, Curves } from "./api.js";
import { banded, smoothed } from "./bands.js";
import { Chart } from "./chart.js";
import { counted, duration, h, lineColour, metricName, number, score, scrolling, statusOf } from "./dom.js";
import { axisSelect, back } from "./run.js";

const MAIN = "return";

export function comparePage(main, runs, ids) {
  const entries = ids.map((id) => runs.runs.get(id)).filter(Boolean).sort(inOrder);
  if (!entries.length) {
    main.append(back(), h("h1", { text: "Nothing to compare" }), h("p", { text: "Choose some runs in the list of all." }));
    return () => {};
  }
  const page = new ComparePage(main, runs, entries);
  return () => page.leave();
}

// By environment and agent, and of each the seeds in their order.
function inOrder(one, other) {
  if (one.group === other.group) return one.seed - other.seed;
  return one.env.localeCompare(other.env) || one.agent.localeCompare(other.agent) || one.group.localeCompare(other.group);
}

// Runs that differ in their seed alone belong together.
function grouped(entries) {
  const groups = new Map();
  for (const entry of entries) {
    if (!groups.has(entry.group)) groups.set(entry.group, []);
    groups.get(entry.group).push(entry.id);
  }
  return [...groups.values()];
}

class ComparePage {
  hidden = new Set();
  together = true;
  metric = MAIN;
  axis = "env_steps";

  constructor(main, runs, entries) {
    this.runs = runs;
    this.ids = entries.map(({ id }) => id);
    this.groups = grouped(entries);
    this.together = this.groups.some((group) => group.length > 1);
    const several = new Set(entries.map(({ env }) => env)).size > 1;
    this.metricSelect = h("select", { onchange: () => { this.metric = this.metricSelect.value; this.#restart(); } });
    this.along = axisSelect((axis) => { this.axis = axis; this.#restart(); });
    this.smoothing = h("select", { onchange: () => this.#draw() },
      [["0", "no"], ["0.6", "a little"], ["0.9", "much"]].map(([value, text]) => h("option", { value, text })));
    this.box = h("input", { type: "checkbox", checked: this.together, onchange: () => { this.together = this.box.checked; this.#draw(); } });
    this.chart = new Chart({ title: "Return", axis: this.axis, height: 400, legend: false, hint: true });
    this.keys = h("ul", { class: "keys", "aria-label": "Lines" });
    this.outcomes = h("section", { class: "card" }, h("h2", { text: "Outcomes" }));
    this.differences = h("section", { class: "card" }, h("h2", { text: "What differs" }));
    main.append(back(),
      h("div", { class: "head" }, h("h1", { text: `Comparing ${counted(entries.length, "run")}` }),
        h("p", { class: "quiet", text: `${counted(this.groups.length, "setting")} of agent and environment` })),
      ...(several ? [h("p", { class: "note", text: "These runs are of different environments: their returns mean different things." })] : []),
      h("section", { class: "card", "aria-label": "Curves" },
        h("div", { class: "controls" },
          h("label", {}, "Show", this.metricSelect), h("label", {}, "Along", this.along), h("label", {}, "Smoothing", this.smoothing),
          h("div", { class: "row" }, h("label", {}, this.box, "Seeds together, with a band from the lowest to the highest"))),
        this.chart.element, this.keys),
      this.outcomes, this.differences);
    this.chart.canvas.addEventListener("scheme", () => this.#draw());
    this.changed = ({ detail }) => {
      const moved = this.ids.filter((id) => detail.moved.has(id));
      if (moved.length) this.#refresh(moved);
      if (detail.changed.some(({ id }) => this.ids.includes(id))) this.#tell();
    };
    runs.addEventListener("changed", this.changed);
    this.#restart();
    this.#tell();
    this.#showDifferences();
  }

  leave() {
    this.left = true;
    this.runs.removeEventListener("changed", this.changed);
    this.chart.destroy();
  }

  #restart() {
    const only = this.metric === MAIN ? ["eval_return", "episode_return"] : [this.metric];
    this.curves = new Map(this.ids.map((id) => [id, new Curves(id, this.axis, only)]));
    this.#refresh(this.ids);
  }

  async #refresh(ids) {
    const curves = this.curves;
    const waiting = [...ids];
    const worker = async () => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        await curves.get(id).refresh().catch(() => {}); // the run may have gone
      }
    };
    await Promise.all([worker(), worker(), worker()]);
    if (this.left || curves !== this.curves) return;
    this.#offer();
    this.#draw();
  }

  #offer() {
    const all = [...this.curves.values()];
    const names = [MAIN, ...new Set(all.flatMap(({ metrics }) => metrics).filter((name) => !["eval_std", "eval_episodes"].includes(name)))];
    if (names.length !== this.metricSelect.options.length) {
      this.metricSelect.replaceChildren(...names.map((value) => h("option", { value, text: value === MAIN ? "return (greedy, or while exploring)" : metricName(value) })));
      this.metricSelect.value = this.metric;
    }
    for (const option of this.along.options) option.disabled = !all.some(({ axes }) => axes.includes(option.value));
  }

  #curve(id) {
    const curves = this.curves.get(id);
    const curve = (this.metric === MAIN ? curves.main() : curves.get(this.metric)) ?? { x: [], y: [] };
    const weight = Number(this.smoothing.value);
    return weight ? smoothed(curve, weight) : curve;
  }

  #named(ids) {
    const first = this.runs.runs.get(ids[0]) ?? { agent: "?", env: "?", seed: "?", name: "?" };
    const several = new Set(this.ids.map((id) => this.runs.runs.get(id)?.env)).size > 1;
    const alike = this.groups.filter((group) => {
      const other = this.runs.runs.get(group[0]);
      return other?.agent === first.agent && other?.env === first.env;
    }).length;
    let name = several ? `${first.agent} on ${first.env}` : first.agent;
    if (alike > 1) name += ` (${first.name.replace(/\/?seed-\d+$/, "") || first.name})`;
    return ids.length > 1 ? `${name}, ${ids.length} seeds` : `${name}, seed ${first.seed}`;
  }

  #draw() {
    const parts = this.together ? this.groups : this.ids.map((id) => [id]);
    const lines = [];
    this.keys.replaceChildren();
    parts.forEach((ids, at) => {
      const label = this.#named(ids);
      const line = { label, colour: lineColour(at), dash: at >= 8 ? [8, 4] : undefined, width: 2 };
      this.#key(line);
      if (this.hidden.has(label)) return;
      const curves = ids.map((id) => this.#curve(id)).filter(({ x }) => x.length);
      if (curves.length > 1) {
        const { x, mean, low, high } = banded(curves);
        lines.push({ ...line, x, y: mean, low, high });
      } else if (curves.length) lines.push({ ...line, ...curves[0] });
    });
    this.chart.show(lines, this.axis);
  }

  #key({ label, colour, dash }) {
    const box = h("input", {
      type: "checkbox", checked: !this.hidden.has(label),
      onchange: () => { this.hidden[box.checked ? "delete" : "add"](label); this.#draw(); this.#focusKey(label); },
    });
    box.dataset.label = label;
    const swatch = h("span", { class: dash ? "swatch dashed" : "swatch", "aria-hidden": "true" });
    swatch.style.borderColor = colour;
    this.keys.append(h("li", { class: "row" }, h("label", {}, box, swatch, label)));
  }

  #focusKey(label) {
    [...this.keys.querySelectorAll("input")].find((box) => box.dataset.label === label)?.focus();
  }

  #tell() {
    const rows = this.ids.map((id) => this.runs.runs.get(id)).filter(Boolean).map((entry) => h("tr", {},
      h("th", { scope: "row", class: "name" }, h("a", { href: `#/run/${entry.id}`, text: `${entry.agent} on ${entry.env}, seed ${entry.seed}` }), h("small", { text: entry.name })),
      h("td", {}, statusOf(entry.status)),
      h("td", { class: "number", text: number(entry.done) }),
      h("td", { class: "number", text: score(entry).text }), h("td", { class: "quiet", text: score(entry).how }),
      h("td", { class: "number", text: duration(entry.seconds) })));
    const heads = [["Run"], ["Status"], ["Steps", "number"], ["Mean return", "number"], ["Measured"], ["Training time", "number"]]
      .map(([text, kind]) => h("th", { scope: "col", class: kind, text }));
    const focused = document.activeElement?.getAttribute?.("href");
    this.outcomes.replaceChildren(h("h2", { text: "Outcomes" }), scrolling("Table of the outcomes",
      h("table", { class: "runs" }, h("caption", { class: "unseen", text: "Outcomes" }), h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows))));
    if (focused) [...this.outcomes.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
  }

  async #showDifferences() {
    const firsts = this.groups.map((group) => group[0]);
    const answer = await ask(`api/settings?runs=${firsts.join(",")}`).catch(() => null);
    if (!answer || this.left) return;
    const differing = answer.settings.filter(({ differs, field }) => differs && field !== "seed");
    if (!differing.length) {
      this.differences.append(h("p", { class: "quiet", text: this.ids.length > 1 ? "Nothing but the seed." : "One run alone differs from nothing." }));
      return;
    }
    const heads = ["Setting", ...this.groups.map((group) => this.#named(group))].map((text) => h("th", { scope: "col", text }));
    const rows = differing.map(({ field, values }) => h("tr", {}, h("th", { scope: "row", class: "mono", text: field }), values.map((text) => h("td", { text }))));
    this.differences.append(
      h("p", { class: "quiet", text: `${differing.length} of ${answer.settings.length} settings differ.` }),
      scrolling("Table of what differs", h("table", { class: "settings" }, h("caption", { class: "unseen", text: "What differs" }),
        h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows))));
  }
}
