// The agent at play: its picture, and what it thinks each action is worth.

import { announce, colour, h, number } from "./dom.js";

export function playCard(id) {
  const again = () => source && (stop(), play());
  const policy = h("select", { onchange: again });
  const pace = h("select", { onchange: again }, [["5", "slow"], ["20", "normal"], ["50", "fast"]].map(([value, text]) => h("option", { value, text })));
  pace.value = "20";
  const button = h("button", { type: "button", class: "main", text: "Play", onclick: () => (source ? stop("Stopped.") : play()) });
  const said = h("p", { class: "quiet", role: "status" });
  const step = h("p", { class: "quiet" });
  const canvas = h("canvas", { class: "picture", width: 480, height: 320, role: "img", "aria-label": "The environment" });
  const list = h("ul", { class: "thoughts", "aria-label": "What the agent thinks each action is worth" });
  const stage = h("div", { class: "stage", hidden: true }, canvas, list);
  let source = null;
  let rows = [];
  let range = null;

  function play() {
    range = null;
    said.textContent = "The agent is being loaded \u2026";
    button.textContent = "Stop";
    const query = new URLSearchParams({ policy: policy.value, fps: pace.value });
    source = new EventSource(`api/runs/${id}/play?${query}`);
    source.addEventListener("frame", (event) => show(JSON.parse(event.data)));
    source.addEventListener("problem", (event) => stop(JSON.parse(event.data).error));
    source.addEventListener("done", () => stop("The play is over."));
    source.addEventListener("error", () => stop("The board does not answer."));
  }

  function stop(sentence = "") {
    if (!source) return;
    source.close();
    source = null;
    button.textContent = "Play";
    said.textContent = sentence;
  }

  async function show(frame) {
    if (stage.hidden) {
      stage.hidden = false;
      said.textContent = "";
    }
    draw(frame.image, frame.form);
    step.textContent = `Episode ${frame.episode + 1}, step ${number(frame.step)}, return ${number(frame.return)}`;
    if (frame.end) {
      announce(`Episode ${frame.episode + 1} ended with a return of ${number(frame.return)}.`);
      return;
    }
    think(frame);
  }

  async function draw(image, form) {
    const bytes = Uint8Array.from(atob(image), (letter) => letter.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: `image/${form}` }));
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
    }
    canvas.getContext("2d").drawImage(picture, 0, 0);
    picture.close();
  }

  function think({ actions, q_values: values, action, returns }) {
    if (!values) return;
    if (rows.length !== actions.length) {
      rows = actions.map((name) => {
        const fill = h("div", { class: "fill" });
        const value = h("span", { class: "value" });
        const mark = h("canvas", { width: 320, height: 32, hidden: true, "aria-hidden": "true" });
        return { item: h("li", {}, h("span", { text: name }), h("div", { class: "track", "aria-hidden": "true" }, fill), value, mark), fill, value, mark };
      });
      list.replaceChildren(...rows.map(({ item }) => item));
    }
    const finite = values.filter((value) => value !== null);
    range = [Math.min(range?.[0] ?? Infinity, ...finite), Math.max(range?.[1] ?? -Infinity, ...finite)];
    const width = range[1] - range[0] || 1;
    rows.forEach(({ item, fill, value, mark }, at) => {
      const share = values[at] === null ? 0 : 0.04 + (0.96 * (values[at] - range[0])) / width;
      fill.style.width = `${100 * share}%`;
      value.textContent = values[at] === null ? "not allowed" : number(values[at]);
      item.classList.toggle("greedy", at === action);
      mark.hidden = !returns;
      if (returns) histogram(mark, returns, at, at === action);
    });
  }

  // The distribution of returns of one action, over the range of all.
  function histogram(canvas, { values, probabilities }, at, greedy) {
    const own = Array.isArray(values[0]) ? values[at] : values;
    const all = values.flat();
    const low = Math.min(...all);
    const width = Math.max(...all) - low || 1;
    const bins = new Array(64).fill(0);
    const weights = probabilities?.[at] ?? probabilities?.[0];
    own.forEach((value, index) => {
      bins[Math.min(63, Math.floor((64 * (value - low)) / width))] += weights?.[index] ?? 1 / own.length;
    });
    const highest = Math.max(...bins);
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, 320, 32);
    context.fillStyle = colour(greedy ? "accent" : "faint");
    bins.forEach((share, bin) => context.fillRect(bin * 5, 32 - (32 * share) / highest, 4, (32 * share) / highest));
  }

  function offer(policies) {
    if (policies.length === policy.options.length) return;
    const before = policy.value;
    const names = { last: "the newest", best: "the best by evaluation" };
    policy.replaceChildren(...policies.map(({ policy: value, steps }) => h("option", { value, text: names[value] ?? `after ${number(steps)} steps` })));
    if (before) policy.value = before;
  }

  const element = h("section", { class: "card", "aria-label": "At play" },
    h("h2", { text: "At play" }),
    h("div", { class: "controls" }, h("label", {}, "Policy", policy), h("label", {}, "Pace", pace), button),
    said, step, stage);
  return { element, offer, stop };
}
