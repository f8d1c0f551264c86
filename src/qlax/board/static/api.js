// What the board knows: the runs, kept up to date by server-sent events, and curves by increments.

export async function ask(path) {
  const answer = await fetch(path);
  const document = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(document.error ?? `The board answered ${answer.status}.`);
  return document;
}

export class Runs extends EventTarget {
  runs = new Map();
  damaged = [];
  folder = "";
  #source = null;
  #since = "";

  async open() {
    const listed = await ask("api/runs");
    this.folder = listed.folder;
    this.#take({ epoch: listed.epoch, revision: listed.revision, changed: listed.runs, damaged: listed.damaged, whole: true });
    this.#listen();
    // A page that nobody looks at asks for nothing.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#source?.close();
      else this.#listen();
    });
  }

  #listen() {
    this.#source?.close();
    this.#source = new EventSource(`api/events?since=${this.#since}`);
    this.#source.addEventListener("open", () => this.#say("connected", true));
    this.#source.addEventListener("error", () => this.#say("connected", false));
    this.#source.addEventListener("runs", (event) => {
      const change = JSON.parse(event.data);
      this.#take({ ...change, whole: !this.#since.startsWith(`${change.epoch}:`) });
    });
  }

  #take({ epoch, revision, changed, gone = [], damaged, whole }) {
    this.#since = `${epoch}:${revision}`;
    const before = new Map(this.runs);
    if (whole) this.runs.clear();
    for (const entry of changed) this.runs.set(entry.id, entry);
    for (const id of gone) this.runs.delete(id);
    this.damaged = damaged;
    const moved = changed.filter((entry) => before.get(entry.id)?.version !== entry.version);
    this.#say("changed", { changed, moved: new Set(moved.map((entry) => entry.id)), before });
  }

  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

const MOST = 4000; // points of one curve, after which a thinner one is asked for

export class Curves {
  series = new Map();
  axes = [];
  metrics = [];
  #after = "";
  #busy = null;
  #again = false;

  constructor(id, axis, only = []) {
    this.id = id;
    this.axis = axis;
    this.only = only;
  }

  // Ask for what is new; calls while one is under way become one more.
  refresh() {
    if (this.#busy) {
      this.#again = true;
      return this.#busy;
    }
    this.#busy = this.#ask().finally(() => {
      this.#busy = null;
      if (this.#again) {
        this.#again = false;
        return this.refresh();
      }
    });
    return this.#busy;
  }

  async #ask() {
    const query = new URLSearchParams({ x: this.axis });
    if (this.only.length) query.set("only", this.only.join(","));
    if (this.#after) query.set("after", this.#after);
    const answer = await ask(`api/runs/${this.id}/curves?${query}`);
    this.#after = `${answer.generation}:${answer.rows}`;
    this.axes = answer.axes;
    this.metrics = answer.metrics;
    if (!answer.appended) this.series.clear();
    for (const [name, { x, y }] of Object.entries(answer.series)) {
      const known = this.series.get(name);
      if (!known) this.series.set(name, { x, y });
      else {
        known.x.push(...x);
        known.y.push(...y);
        if (known.x.length > MOST) this.#after = "";
      }
    }
  }

  get(name) {
    return this.series.get(name);
  }

  // The greedy policy's returns, or those of training where there are none.
  main() {
    return this.get("eval_return") ?? this.get("episode_return");
  }
}
