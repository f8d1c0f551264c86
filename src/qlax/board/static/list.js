// All runs: filters, a table that follows what happens, and the choice of those to compare.

import { counted, duration, h, number, score, scrolling, statusOf, when } from "./dom.js";

const PAGE = 200;
const MOST = 200; // runs that are compared at once
const STATUSES = ["running", "finished", "failed", "unfinished"];
const COLUMNS = [
  { key: "status", label: "Status", class: "state", of: (run) => STATUSES.indexOf(run.status) },
  { key: "name", label: "Run", class: "name", of: (run) => `${run.env} ${run.agent} ${String(run.seed).padStart(10, "0")} ${run.name}` },
  { key: "progress", label: "Steps", class: "progress", of: (run) => run.done },
  { key: "score", label: "Mean return", class: "score number", of: (run) => run.score?.mean ?? -Infinity },
  { key: "time", label: "Training time", class: "time number", of: (run) => run.seconds ?? -1 },
  { key: "began", label: "Begun", class: "began", of: (run) => run.began },
];

// What was chosen stays when one comes back from a run.
const state = {
  text: "", env: "", agent: "", statuses: new Set(STATUSES), sort: "began", descending: true, chosen: new Set(), most: PAGE,
};

export function listPage(main, runs) {
  const summary = h("p", { class: "quiet", role: "status" });
  const body = h("tbody");
  const rows = new Map();
  const text = h("input", { type: "search", placeholder: "e.g. dqn seed-3", value: "", autocomplete: "off", oninput: () => { state.text = text.value; again(); } });
  text.value = state.text;
  const env = h("select", { onchange: () => { state.env = env.value; again(); } });
  const agent = h("select", { onchange: () => { state.agent = agent.value; again(); } });
  const boxes = STATUSES.map((status) => {
    const box = h("input", {
      type: "checkbox", checked: state.statuses.has(status),
      onchange: () => { state.statuses[box.checked ? "add" : "delete"](status); again(); },
    });
    return h("label", {}, box, statusOf(status));
  });
  const all = h("input", { type: "checkbox", "aria-label": "Choose all runs shown", onchange: () => chooseAll(all.checked) });
  const heads = COLUMNS.map((column) => {
    const button = h("button", { type: "button", class: "plain", text: column.label, onclick: () => sortBy(column.key) });
    return h("th", { scope: "col", class: column.class }, button);
  });
  const table = h("table", { class: "runs" }, h("caption", { class: "unseen", text: "Runs" }),
    h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "pick" }, all), heads)), body);
  const nothing = h("p", { class: "quiet" });
  const more = h("button", { type: "button", onclick: () => { state.most += PAGE; fill(); } });
  const chosen = h("strong");
  const compare = h("button", { type: "button", class: "main", text: "Compare", onclick: () => { location.hash = `#/compare/${[...state.chosen].join(",")}`; } });
  const clear = h("button", { type: "button", text: "Choose none", onclick: () => { state.chosen.clear(); fill(); text.focus(); } });
  const bar = h("div", { class: "bar", role: "region", "aria-label": "Chosen runs" }, chosen, compare, clear);
  const damaged = h("details", { class: "card" });

  main.append(
    h("div", { class: "head" }, h("h1", { text: "Runs" }), summary),
    h("form", { class: "controls", role: "search", "aria-label": "Filter the runs", onsubmit: (event) => event.preventDefault() },
      h("label", { class: "wide" }, "Search", text),
      h("label", {}, "Environment", env),
      h("label", {}, "Agent", agent),
      h("fieldset", {}, h("legend", { class: "unseen", text: "Status" }), boxes)),
    h("section", { class: "card", "aria-label": "Runs" }, scrolling("Table of the runs", table), nothing, more),
    damaged, bar);

  function again() {
    state.most = PAGE;
    fill();
  }

  function sortBy(key) {
    state.descending = state.sort === key ? !state.descending : ["began", "score", "progress", "time"].includes(key);
    state.sort = key;
    fill();
  }

  function chooseAll(yes) {
    for (const run of shown()) state.chosen[yes ? "add" : "delete"](run.id);
    fill();
  }

  function shown() {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [...runs.runs.values()].filter((run) => {
      if (state.env && run.env !== state.env) return false;
      if (state.agent && run.agent !== state.agent) return false;
      if (!state.statuses.has(run.status)) return false;
      const all = `${run.name} ${run.env} ${run.agent} seed-${run.seed} ${run.status}`.toLowerCase();
      return words.every((word) => all.includes(word));
    });
    const column = COLUMNS.find(({ key }) => key === state.sort);
    const sign = state.descending ? -1 : 1;
    const keyed = found.map((run) => [column.of(run), run]);
    keyed.sort(([a, one], [b, other]) => (a < b ? -sign : a > b ? sign : one.name < other.name ? -1 : 1));
    return keyed.map(([, run]) => run);
  }

  function fill() {
    options(env, state.env, "all", new Set([...runs.runs.values()].map((run) => run.env)));
    options(agent, state.agent, "all", new Set([...runs.runs.values()].map((run) => run.agent)));
    for (const id of state.chosen) if (!runs.runs.has(id)) state.chosen.delete(id);
    const found = shown();
    const visible = found.slice(0, state.most);
    const elements = visible.map((run) => row(run));
    if (elements.length !== body.children.length || elements.some((element, at) => body.children[at] !== element)) {
      const focused = document.activeElement;
      body.replaceChildren(...elements);
      if (body.contains(focused)) focused.focus();
    }
    COLUMNS.forEach(({ key }, at) => heads[at].setAttribute("aria-sort", key !== state.sort ? "none" : state.descending ? "descending" : "ascending"));
    summary.textContent = summarised(runs.runs, found.length);
    table.hidden = !found.length;
    nothing.hidden = found.length > 0;
    nothing.textContent = runs.runs.size
      ? "No run fits these filters."
      : `There are no runs in ${runs.folder} yet. qlax train MountainCar-v0 makes one; it appears here by itself.`;
    more.hidden = found.length <= visible.length;
    more.textContent = `Show more (${found.length - visible.length} left)`;
    const picked = found.filter((run) => state.chosen.has(run.id)).length;
    all.checked = picked > 0 && picked === found.length;
    all.indeterminate = picked > 0 && picked < found.length;
    bar.hidden = !state.chosen.size;
    compare.disabled = state.chosen.size > MOST;
    chosen.textContent = `${counted(state.chosen.size, "run")} chosen${compare.disabled ? `: ${MOST} at most can be compared` : ""}`;
    fillDamaged();
  }

  function row(run) {
    const known = rows.get(run.id);
    if (known?.run === run) {
      known.box.checked = state.chosen.has(run.id);
      return known.element;
    }
    const box = known?.box ?? h("input", {
      type: "checkbox", "aria-label": `Choose ${run.name}`,
      onchange: () => { state.chosen[box.checked ? "add" : "delete"](run.id); fill(); },
    });
    box.checked = state.chosen.has(run.id);
    const link = known?.link ?? h("a", { href: `#/run/${run.id}` });
    link.textContent = `${run.agent} on ${run.env}, seed ${run.seed}`;
    const result = score(run);
    const cells = [
      h("td", { class: "pick" }, box),
      h("td", { class: "state" }, statusOf(run.status)),
      h("th", { scope: "row", class: "name" }, link, h("small", { text: run.name }),
        run.failure && h("small", { class: "failure", text: run.failure })),
      h("td", { class: "progress" }, progress(run)),
      h("td", { class: "score number" }, h("span", { class: run.solved ? "solved" : "", text: result.text }),
        h("br"), h("small", { text: run.solved ? "solved" : result.how })),
      h("td", { class: "time number", text: duration(run.seconds) }),
      h("td", { class: "began" }, h("small", { text: when(run.began) })),
    ];
    const element = known?.element ?? h("tr");
    const focused = document.activeElement;
    element.replaceChildren(...cells);
    if (element.contains(focused) && document.activeElement !== focused) focused.focus();
    rows.set(run.id, { run, element, box, link });
    return element;
  }

  function fillDamaged() {
    damaged.hidden = !runs.damaged.length;
    if (!runs.damaged.length || damaged.dataset.count === String(runs.damaged.length)) return;
    damaged.dataset.count = runs.damaged.length;
    damaged.replaceChildren(
      h("summary", { text: `${counted(runs.damaged.length, "folder")} could not be read` }),
      h("ul", {}, runs.damaged.map(({ name, why }) => h("li", {}, h("strong", { text: name }), ` \u2013 ${why}`))));
  }

  fill();
  runs.addEventListener("changed", fill);
  return () => runs.removeEventListener("changed", fill);
}

function progress(run) {
  const share = Math.min(1, run.done / run.steps);
  const words = `${number(run.done)} of ${number(run.steps)}`;
  if (run.status === "finished") return [h("span", { text: number(run.done) })];
  return [
    h("progress", { max: 1, value: share, "aria-label": `Steps of ${run.name}` }),
    h("br"), h("small", { text: words }),
  ];
}

function summarised(runs, found) {
  const counts = new Map(STATUSES.map((status) => [status, 0]));
  for (const run of runs.values()) counts.set(run.status, counts.get(run.status) + 1);
  const parts = STATUSES.filter((status) => counts.get(status)).map((status) => `${counts.get(status)} ${status}`);
  const begin = found === runs.size ? counted(found, "run") : `${found} of ${counted(runs.size, "run")}`;
  return parts.length ? `${begin}: ${parts.join(", ")}` : begin;
}

function options(select, value, first, names) {
  const wanted = ["", ...[...names].sort()];
  if (wanted.length === select.options.length && wanted.every((name, at) => select.options[at].value === name)) return;
  select.replaceChildren(...wanted.map((name) => h("option", { value: name, text: name || first })));
  select.value = value;
}
