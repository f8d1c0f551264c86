"use strict";
// The page: a policy that plays, step by step, and what it makes of each state.

class Game {
  constructor(document) {
    this.document = document;
    this.policy = new Policy(document.policy);
    this.World = WORLDS[document.world];
    this.world = new this.World(document.settings);
    this.returns = [];
    this.reset();
  }

  reset() {
    this.world.reset();
    this.steps = this.total = 0;
    this.memory = {};
    this.first = true;
    this.last = { action: this.document.first_action, reward: 0 };
    this.look();
  }

  // Asks the policy what to do.
  look() {
    const inputs = { observation: this.world.observation().map(Math.fround), first: this.first,
      previous_action: this.last.action, previous_reward: this.last.reward };
    for (const port of this.document.policy.inputs) {
      if (port.name.startsWith("memory")) inputs[port.name] = this.memory[port.name] || zeros(port);
    }
    this.answer = this.policy.run(inputs);
    for (const [name, array] of Object.entries(this.answer)) {
      if (name.startsWith("next_")) this.memory[name.slice(5)] = array;
    }
    this.first = false;
  }

  // Does what the policy says, or what a person does, and says whether the episode is over.
  step(own = null) {
    const action = own === null ? this.answer.action[0] : own + this.document.first_action;
    const { reward, terminated } = this.world.step(action - this.document.first_action);
    this.last = { action, reward };
    this.steps += 1;
    this.total += reward;
    const over = terminated || this.steps >= this.document.time_limit;
    if (over) this.returns.push(this.total);
    else this.look();
    return over;
  }
}

const zeros = (port) => new Array(count(port.shape)).fill(0);

// Runs the policy on what it was tried with where it was exported.
function check(document) {
  const policy = new Policy(document.policy), found = { tried: 0, wrong: 0, largest: 0 };
  for (const episode of document.tried) {
    let memory = {};
    for (const { inputs, action, values } of episode) {
      const answer = policy.run({ ...inputs, ...memory });
      const away = answer.values.map((one, at) => Math.abs(one - values[at]));
      const size = Math.max(1, ...values.map(Math.abs));
      const best = document.first_action;
      const gap = Math.abs(values[answer.action[0] - best] - values[action - best]);
      found.tried += 1;
      found.wrong += !(gap <= 1e-6 * size) || !(Math.max(...away) <= 1e-4 * size) ? 1 : 0;
      found.largest = Math.max(found.largest, ...away);
      memory = Object.fromEntries(Object.entries(answer)
        .filter(([name]) => name.startsWith("next_")).map(([name, array]) => [name.slice(5), array]));
    }
  }
  return found;
}

function start() {
  const shown = JSON.parse(document.getElementById("policy").textContent);
  const at = (name) => document.getElementById(name);
  const found = check(shown);
  at("check").textContent = found.wrong
    ? `This browser computes otherwise: ${found.wrong} of ${found.tried} answers differ.`
    : `Checked in this browser: all ${found.tried} answers as in Python.`;
  at("check").classList.toggle("wrong", found.wrong > 0);
  const game = new Game(shown), canvas = at("world"), pen = canvas.getContext("2d");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const state = { playing: !still, person: false, key: null, due: 0, pause: 0 };
  window.qlax = { game, state, check: found, shown };

  const bars = game.World.actions.map((name) => {
    const row = document.createElement("tr");
    row.innerHTML = "<th scope=row></th><td><div class=bar></div></td><td class=number></td>";
    row.firstChild.textContent = name;
    at("values").append(row);
    return row;
  });

  function draw() {
    const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(document.documentElement);
    const colours = Object.fromEntries(["ink", "faint", "accent", "paper"]
      .map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    pen.clearRect(0, 0, width, height);
    game.world.draw(pen, width, height, colours);
    const values = game.answer.values;
    const low = Math.min(...values), spread = Math.max(...values) - low || 1;
    bars.forEach((row, k) => {
      row.classList.toggle("best", k === game.answer.action[0] - shown.first_action);
      row.querySelector(".bar").style.width = `${8 + 92 * (values[k] - low) / spread}%`;
      row.querySelector(".number").textContent = values[k].toFixed(2);
    });
    at("steps").textContent = game.steps;
    at("return").textContent = game.total;
    const last = game.returns.slice(-10);
    at("returns").textContent = last.length ? last.join(", ") : "none yet";
    const all = game.returns;
    at("mean").textContent = all.length
      ? (all.reduce((one, other) => one + other) / all.length).toFixed(1) : "–";
  }

  function advance() {
    if (state.pause > 0) {
      state.pause -= 1;
      if (state.pause === 0) game.reset();
      return;
    }
    const idle = game.World.idle === undefined ? Number(state.key ?? 0) : game.World.idle;
    const own = state.person ? (state.key ?? idle) : null;
    if (game.step(own)) state.pause = Math.ceil(0.6 / game.World.seconds);
  }

  let before = null;
  function frame(now) {
    if (before !== null && state.playing) {
      state.due += Math.min(now - before, 200) / 1000 * Number(at("speed").value);
      while (state.due >= game.World.seconds) { state.due -= game.World.seconds; advance(); }
    }
    before = now;
    draw();
    requestAnimationFrame(frame);
  }

  const label = () => { at("play").textContent = state.playing ? "Pause" : "Play"; };
  at("play").onclick = () => { state.playing = !state.playing; label(); };
  at("step").onclick = () => { state.playing = false; label(); advance(); };
  at("again").onclick = () => { state.pause = 0; game.reset(); };
  at("person").onchange = (event) => { state.person = event.target.checked; };
  addEventListener("keydown", (event) => {
    if (!(event.key in game.World.keys) || event.target.tagName === "SELECT") return;
    state.key = game.World.keys[event.key];
    event.preventDefault();
  });
  addEventListener("keyup", (event) => {
    if (game.World.keys[event.key] === state.key && game.World.idle !== undefined) state.key = null;
  });
  label();
  requestAnimationFrame(frame);
}

start();
