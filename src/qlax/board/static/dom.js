// Elements, and numbers as people read them. Text is only ever set as text.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name === "text") element.textContent = value;
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const MINUS = "\u2212";
export const NONE = "\u2013";

export function number(value, digits = 4) {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  let text;
  if (Number.isInteger(value) && size < 1e15) text = size.toLocaleString("en-US");
  else if (size >= 1e6 || (size < 1e-4 && size > 0)) text = size.toExponential(2);
  else {
    const places = size >= 1 ? Math.max(0, digits - 1 - Math.floor(Math.log10(size))) : digits;
    text = size.toLocaleString("en-US", { maximumFractionDigits: Math.min(places, 6) });
  }
  return value < 0 ? MINUS + text : text;
}

export function short(value) {
  const size = Math.abs(value);
  for (const [unit, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (size >= unit) return number(value / unit, 3) + letter;
  }
  return number(value, 3);
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return NONE;
  if (seconds < 60) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function when(seconds) {
  const then = new Date(seconds * 1000);
  const today = new Date().toDateString() === then.toDateString();
  const time = then.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return today ? `today, ${time}` : `${then.toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" })}, ${time}`;
}

export function score(entry) {
  const found = entry.score;
  if (!found) return { text: NONE, how: "no episode yet" };
  const how = {
    final: `greedy, ${number(found.episodes)} episodes`,
    evaluation: "greedy, newest",
    training: "while exploring",
  }[found.kind];
  return { text: number(found.mean), how };
}

export function counted(count, what) {
  return `${count.toLocaleString("en-US")} ${what}${count === 1 ? "" : "s"}`;
}

export function statusOf(status) {
  return h("span", { class: `status ${status}` }, h("span", { class: "word", text: status }));
}

const NAMES = {
  eval_return: "return of the greedy policy",
  episode_return: "return while exploring",
  eval_std: "spread of the greedy policy's returns",
  eval_length: "episode length of the greedy policy",
  eval_value: "what the greedy policy expects",
  eval_discounted_return: "what it is paid, discounted",
  eval_overestimation: "overestimation of the greedy policy",
  eval_episodes: "episodes of an evaluation",
  episode_length: "episode length while exploring",
  q_value: "Q-value",
  q_max: "largest Q-value",
  td_error: "TD error",
  dormant_units: "share of dormant units",
  effective_rank: "effective rank of the features",
  target_drift: "distance to the target network",
  priority: "mean priority",
  priority_max: "largest priority",
  importance_weight: "mean importance weight",
  importance_weight_min: "smallest importance weight",
  epsilon: "\u03b5, the share of random actions",
  episodes: "episodes ended",
  env_steps: "environment steps",
  updates: "gradient updates",
  seconds: "seconds of training",
};

export function metricName(name) {
  return NAMES[name] ?? name.replaceAll("_", " ");
}

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function lineColour(at) {
  return colour(`c${at % 8}`);
}

export function announce(sentence) {
  document.getElementById("live").textContent = sentence;
}

// What is wider or higher than its place can be scrolled, also by the keyboard, if it has to be.
const overflowing = new ResizeObserver((found) => {
  for (const { target } of found) {
    const box = target.closest(".scroll");
    if (!box) continue;
    const over = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (over) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  }
});

export function scrolling(label, ...children) {
  const box = h("div", { class: "scroll", role: "region", "aria-label": label }, children);
  overflowing.observe(box);
  for (const child of children) overflowing.observe(child);
  return box;
}
