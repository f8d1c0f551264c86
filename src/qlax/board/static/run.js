// One run: how it learns, what ended it, how it plays, what it thinks, and how it was set.

import { ask, Curves } from "./api.js";
import { Chart } from "./chart.js";
import { colour, counted, duration, h, metricName, number, score, scrolling, statusOf, when } from "./dom.js";
import { playCard } from "./play.js";
import { valuesCard } from "./values.js";

const RETURNS = ["eval_return", "episode_return"];
const UNDRAWN = ["eval_std", "eval_episodes", "episodes"];

export function runPage(main, runs, id) {
  const entry = runs.runs.get(id);
  if (!entry) {
    main.append(back(), h("h1", { text: "There is no such run" }), h("p", { text: "It may have been moved or deleted." }));
    return () => {};
  }
  const page = new RunPage(main, runs, entry);
  return () => page.leave();
}

export function back() {
  return h("a", { class: "back", href: "#/", text: "\u2190 All runs" });
}

export function axisSelect(change) {
  const select = h("select", { onchange: () => change(select.value) },
    [["env_steps", "environment steps"], ["updates", "gradient updates"], ["seconds", "seconds of training"]]
      .map(([value, text]) => h("option", { value, text })));
  return select;
}

class RunPage {
  #stop = [];
  #charts = new Map();

  constructor(main, runs, entry) {
    this.runs = runs;
    this.id = entry.id;
    this.axis = "env_steps";
    this.status = h("span");
    this.facts = h("dl", { class: "facts" });
    this.failure = h("div");
    this.select = axisSelect((axis) => this.#along(axis));
    this.returns = new Chart({ title: "Return", axis: this.axis, height: 320, hint: true });
    this.others = h("div", { class: "grid" });
    this.two = h("div", { class: "two" });
    this.settings = h("section", { class: "card" }, h("h2", { text: "Settings" }));
    main.append(
      back(),
      h("div", { class: "head" }, h("h1", { text: `${entry.agent} on ${entry.env}, seed ${entry.seed}` }), this.status),
      h("section", { class: "card", "aria-label": "Outcome" }, this.facts),
      this.failure,
      h("section", { class: "card" },
        h("div", { class: "controls" }, h("h2", { class: "wide", text: "Return" }), h("label", {}, "Along", this.select)),
        this.returns.element),
      this.two,
      h("section", { class: "card" }, h("h2", { text: "Everything else that was measured" }), this.others),
      this.settings);
    this.curves = new Curves(this.id, this.axis);
    this.returns.canvas.addEventListener("scheme", () => this.#draw());
    this.#follow();
    this.#tell(entry);
    this.#load();
    this.#refresh();
  }

  leave() {
    this.left = true;
    for (const stop of this.#stop) stop();
    this.returns.destroy();
    for (const chart of this.#charts.values()) chart.destroy();
  }

  #follow() {
    const changed = ({ detail }) => {
      const entry = this.runs.runs.get(this.id);
      if (!entry || !detail.changed.some(({ id }) => id === this.id)) return;
      const ended = detail.before.get(this.id)?.status !== entry.status;
      this.#tell(entry);
      if (detail.moved.has(this.id)) this.#refresh();
      if (ended || detail.moved.has(this.id)) this.#load();
    };
    this.runs.addEventListener("changed", changed);
    this.#stop.push(() => this.runs.removeEventListener("changed", changed));
  }

  #along(axis) {
    this.axis = axis;
    this.curves = new Curves(this.id, axis);
    this.#refresh();
  }

  async #refresh() {
    const curves = this.curves;
    try {
      await curves.refresh();
    } catch (error) {
      return; // the run has gone, or the board; the header says so
    }
    if (this.left || curves !== this.curves) return;
    for (const option of this.select.options) option.disabled = curves.axes.length > 0 && !curves.axes.includes(option.value);
    this.#draw();
  }

  #draw() {
    const [greedy, exploring] = RETURNS.map((name) => this.curves.get(name));
    const lines = [];
    if (exploring) {
      lines.push({ label: metricName("episode_return"), ...exploring, colour: greedy ? colour("faint") : colour("c0"), width: greedy ? 1 : 2 });
    }
    if (greedy) lines.push({ label: metricName("eval_return"), ...greedy, colour: colour("c0"), width: 2.5 });
    const threshold = this.runs.runs.get(this.id)?.threshold;
    if (lines.length && threshold !== null && threshold !== undefined) {
      const ends = lines.map(({ x }) => [x[0], x[x.length - 1]]);
      const x = [Math.min(...ends.map(([first]) => first)), Math.max(...ends.map(([, last]) => last))];
      if (x[0] < x[1]) lines.push({ label: "solved from", x, y: [threshold, threshold], colour: colour("solved"), width: 1.5, dash: [6, 4] });
    }
    this.returns.show(lines, this.axis);
    for (const [name, curve] of this.curves.series) {
      if (RETURNS.includes(name) || UNDRAWN.includes(name)) continue;
      if (!this.#charts.has(name)) {
        const chart = new Chart({ title: metricName(name), axis: this.axis, height: 180, legend: false });
        this.#charts.set(name, chart);
        this.others.append(h("div", {}, h("h3", { text: metricName(name) }), chart.element));
      }
      this.#charts.get(name).show([{ label: metricName(name), ...curve, colour: colour("c0"), width: 1.5 }], this.axis);
    }
  }

  #tell(entry) {
    this.status.replaceChildren(statusOf(entry.status));
    const result = score(entry);
    const facts = [
      ["Steps", entry.status === "finished" ? number(entry.done) : `${number(entry.done)} of ${number(entry.steps)}`],
      ["Mean return", result.text, result.how],
      ["Solved from", number(entry.threshold), entry.solved === null ? "" : entry.solved ? "solved" : "not solved"],
      ["Training time", duration(entry.seconds)],
      ["Begun", when(entry.began)],
    ];
    this.facts.replaceChildren(
      ...facts.map(([name, value, how]) => h("div", {}, h("dt", { text: name }),
        h("dd", {}, value, how ? h("small", { class: how === "solved" ? "solved" : "quiet", text: ` ${how}` }) : ""))),
      h("div", { class: "long" }, h("dt", { text: "Folder" }), h("dd", { class: "mono", text: this.folder ?? entry.name })));
  }

  async #load() {
    let details;
    try {
      details = await ask(`api/runs/${this.id}`);
    } catch (error) {
      return;
    }
    if (this.left) return;
    if (this.folder !== details.folder) {
      this.folder = details.folder;
      this.#tell(details);
    }
    this.#showFailure(details);
    if (!this.play && details.policies.length) {
      this.play = playCard(this.id);
      this.two.append(this.play.element);
      this.#stop.push(this.play.stop);
    }
    this.play?.offer(details.policies);
    if (!this.values && details.valued && details.policies.length) {
      this.values = valuesCard(this.id);
      this.two.append(this.values.element);
      this.#stop.push(this.values.stop);
    }
    this.values?.offer(details.moments);
    if (!this.told) {
      this.told = true;
      this.#showSettings(details);
    }
  }

  #showFailure({ log, result }) {
    const error = result?.eval_error;
    this.failure.replaceChildren();
    if (log) {
      this.failure.append(h("section", { class: "note bad", "aria-label": "What ended the run" },
        h("h2", { text: "What ended the run" }),
        h("p", { text: `${log.kind ?? "Failure"}${log.env_steps ? `, after ${counted(log.env_steps, "step")}` : ""}: ${log.message || "no message"}` }),
        h("details", { open: true }, h("summary", { text: "Where it happened" }),
          h("pre", { class: "log", tabindex: "0", role: "region", "aria-label": "Traceback", text: log.traceback ?? "" }))));
    } else if (error) {
      this.failure.append(h("p", { class: "note bad", text: `The final evaluation failed: ${error}` }));
    }
  }

  async #showSettings({ fitted }) {
    const answer = await ask(`api/settings?runs=${this.id}`).catch(() => null);
    if (!answer || this.left) return;
    const from = new Map(fitted.map((entry) => [entry.field, entry.before]));
    const rows = answer.settings.map(({ field, values }) => h("tr", { class: from.has(field) ? "differs" : "" },
      h("th", { scope: "row", class: "mono", text: field }), h("td", { text: values[0] }),
      h("td", { class: "quiet", text: from.has(field) ? `${from.get(field)} as published` : "" })));
    const heads = ["Setting", "Value", "Fitted to the environment"].map((text) => h("th", { scope: "col", text }));
    this.settings.append(
      h("p", { class: "quiet", text: fitted.length ? `${counted(fitted.length, "setting")} fitted to the environment, in bold.` : "As given." }),
      h("details", {}, h("summary", { text: `All ${answer.settings.length} settings` }),
        scrolling("Settings", h("table", { class: "settings" }, h("caption", { class: "unseen", text: "Settings" }),
          h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows)))));
  }
}
