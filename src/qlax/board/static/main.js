// Which page is shown: the address after # says it.

import { Runs } from "./api.js";
import { comparePage } from "./compare.js";
import { announce, h } from "./dom.js";
import { listPage } from "./list.js";
import { runPage } from "./run.js";

const runs = new Runs();
const main = document.getElementById("main");
const connection = document.getElementById("connection");
let leave = () => {};

function show() {
  const [kind, ids = ""] = location.hash.replace(/^#\/?/, "").split("/");
  leave();
  main.replaceChildren();
  if (kind === "run") leave = runPage(main, runs, ids);
  else if (kind === "compare") leave = comparePage(main, runs, ids.split(",").filter(Boolean));
  else leave = listPage(main, runs);
  const heading = main.querySelector("h1")?.textContent ?? "";
  document.title = heading && kind ? `${heading} \u2013 qlax board` : "qlax board";
}

function moved() {
  show();
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
  announce(main.querySelector("h1")?.textContent ?? "");
}

let said = null;
runs.addEventListener("connected", ({ detail: live }) => {
  if (said === live) return;
  said = live;
  connection.textContent = live ? "live" : "not connected";
  connection.classList.toggle("on", live);
});

// What becomes of a run is told once, in words.
runs.addEventListener("changed", ({ detail: { changed, before } }) => {
  if (!before.size) return;
  const news = changed.filter((entry) => before.get(entry.id)?.status !== entry.status);
  if (news.length === 1) announce(`${news[0].name} is ${news[0].status}.`);
  else if (news.length > 1) announce(`${news.length} runs have another status.`);
});

try {
  await runs.open();
  document.getElementById("folder").textContent = runs.folder;
  addEventListener("hashchange", moved);
  show();
} catch (error) {
  main.replaceChildren(h("p", { class: "note bad", role: "alert", text: error.message }));
}
