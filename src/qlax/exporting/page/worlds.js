"use strict";
// Gymnasium's classics: their dynamics, step by step as there, and how they are drawn.

const clip = (x, low, high) => Math.min(Math.max(x, low), high);
const between = (low, high) => low + (high - low) * Math.random();

class CartPole {
  static get actions() { return ["left", "right"]; }
  static get keys() { return { ArrowLeft: 0, ArrowRight: 1 }; }
  static get seconds() { return 0.02; }
  static get paid() { return () => 1; }

  constructor(settings) { this.reward = settings.sutton_barto_reward ? [0, -1] : [1, 1]; }

  reset() { this.state = [0, 0, 0, 0].map(() => between(-0.05, 0.05)); }

  step(action) {
    const [x, v, angle, spin] = this.state;
    const force = action === 1 ? 10 : -10;
    const cos = Math.cos(angle), sin = Math.sin(angle);
    const push = (force + 0.05 * (spin * spin) * sin) / 1.1;
    const turn = (9.8 * sin - cos * push) / (0.5 * (4 / 3 - 0.1 * (cos * cos) / 1.1));
    const pull = push - 0.05 * turn * cos / 1.1;
    this.state = [x + 0.02 * v, v + 0.02 * pull, angle + 0.02 * spin, spin + 0.02 * turn];
    const [place, , lean] = this.state, most = 12 * 2 * Math.PI / 360;
    const terminated = place < -2.4 || place > 2.4 || lean < -most || lean > most;
    return { reward: this.reward[terminated ? 1 : 0], terminated };
  }

  observation() { return this.state; }

  draw(pen, width, height, colours) {
    const scale = width / 4.8, ground = height * 0.72, x = width / 2 + this.state[0] * scale;
    line(pen, [[0, ground], [width, ground]], 2, colours.faint);
    pen.fillStyle = colours.ink;
    pen.fillRect(x - 0.2 * scale, ground - 0.24 * scale, 0.4 * scale, 0.24 * scale);
    const foot = [x, ground - 0.2 * scale], angle = this.state[2];
    const top = [x + Math.sin(angle) * scale, foot[1] - Math.cos(angle) * scale];
    line(pen, [foot, top], 0.08 * scale, colours.accent);
    dot(pen, foot, 0.04 * scale, colours.paper);
  }
}

class MountainCar {
  static get actions() { return ["left", "coast", "right"]; }
  static get keys() { return { ArrowLeft: 0, ArrowRight: 2 }; }
  static get idle() { return 1; }
  static get seconds() { return 1 / 30; }

  constructor(settings) { this.speed = settings.goal_velocity || 0; }

  reset() { this.state = [between(-0.6, -0.4), 0]; }

  step(action) {
    let [place, speed] = this.state;
    speed += (action - 1) * 0.001 + Math.cos(3 * place) * -0.0025;
    speed = clip(speed, -0.07, 0.07);
    place = clip(place + speed, -1.2, 0.6);
    if (place === -1.2 && speed < 0) speed = 0;
    this.state = [place, speed];
    return { reward: -1, terminated: place >= 0.5 && speed >= this.speed };
  }

  observation() { return this.state; }

  draw(pen, width, height, colours) {
    const at = (x) => [(x + 1.2) / 1.8 * width, height * 0.9 - (Math.sin(3 * x) * 0.45 + 0.45) * height * 0.72];
    const hill = Array.from({ length: 101 }, (_, k) => at(-1.2 + 1.8 * k / 100));
    line(pen, hill, 3, colours.faint);
    const goal = at(0.5), size = width / 40;
    line(pen, [goal, [goal[0], goal[1] - 2.4 * size]], 3, colours.ink);
    pen.fillStyle = colours.accent;
    pen.beginPath();
    pen.moveTo(goal[0], goal[1] - 2.4 * size);
    pen.lineTo(goal[0] + 1.2 * size, goal[1] - 1.9 * size);
    pen.lineTo(goal[0], goal[1] - 1.4 * size);
    pen.fill();
    const [place] = this.state, [x, y] = at(place);
    pen.save();
    pen.translate(x, y);
    pen.rotate(-Math.atan(Math.cos(3 * place) * 1.35 * 1.8 * height * 0.72 / width));
    pen.fillStyle = colours.ink;
    pen.fillRect(-1.1 * size, -1.3 * size, 2.2 * size, 0.8 * size);
    for (const side of [-0.6, 0.6]) dot(pen, [side * size, -0.45 * size], 0.42 * size, colours.accent);
    pen.restore();
  }
}

class Acrobot {
  static get actions() { return ["left", "loose", "right"]; }
  static get keys() { return { ArrowLeft: 0, ArrowRight: 2 }; }
  static get idle() { return 1; }
  static get seconds() { return 1 / 15; }

  constructor() { this.state = [0, 0, 0, 0]; }

  reset() { this.state = [0, 0, 0, 0].map(() => Math.fround(between(-0.1, 0.1))); }

  slope([one, two, spin, turn], torque) {
    const sin = Math.sin(two), cos = Math.cos(two);
    const d1 = 0.25 + (1 + 0.25 + 2 * 0.5 * cos) + 1 + 1;
    const d2 = (0.25 + 0.5 * cos) + 1;
    const phi2 = 0.5 * 9.8 * Math.cos(one + two - Math.PI / 2);
    const phi1 = -0.5 * turn * turn * sin - 2 * 0.5 * turn * spin * sin
      + 1.5 * 9.8 * Math.cos(one - Math.PI / 2) + phi2;
    const second = (torque + d2 / d1 * phi1 - 0.5 * spin * spin * sin - phi2)
      / (0.25 + 1 - d2 * d2 / d1);
    return [spin, turn, -(d2 * second + phi1) / d1, second];
  }

  step(action) {
    const torque = action - 1, state = this.state;
    const moved = (slope, by) => state.map((one, k) => one + by * slope[k]);
    const k1 = this.slope(state, torque);
    const k2 = this.slope(moved(k1, 0.1), torque);
    const k3 = this.slope(moved(k2, 0.1), torque);
    const k4 = this.slope(moved(k3, 0.2), torque);
    const next = state.map((one, k) => one + 0.2 / 6 * (k1[k] + 2 * k2[k] + 2 * k3[k] + k4[k]));
    for (const k of [0, 1]) {
      while (next[k] > Math.PI) next[k] -= 2 * Math.PI;
      while (next[k] < -Math.PI) next[k] += 2 * Math.PI;
    }
    next[2] = clip(next[2], -4 * Math.PI, 4 * Math.PI);
    next[3] = clip(next[3], -9 * Math.PI, 9 * Math.PI);
    this.state = next;
    const terminated = -Math.cos(next[0]) - Math.cos(next[1] + next[0]) > 1;
    return { reward: terminated ? 0 : -1, terminated };
  }

  observation() {
    const [one, two, spin, turn] = this.state;
    return [Math.cos(one), Math.sin(one), Math.cos(two), Math.sin(two), spin, turn];
  }

  draw(pen, width, height, colours) {
    const scale = height / 4.6, root = [width / 2, height / 2];
    const level = root[1] - scale;
    line(pen, [[width / 2 - 2.2 * scale, level], [width / 2 + 2.2 * scale, level]], 2, colours.faint);
    const hang = ([x, y], angle) => [x + Math.sin(angle) * scale, y + Math.cos(angle) * scale];
    const elbow = hang(root, this.state[0]), tip = hang(elbow, this.state[0] + this.state[1]);
    line(pen, [root, elbow], 0.16 * scale, colours.ink);
    line(pen, [elbow, tip], 0.16 * scale, colours.accent);
    dot(pen, root, 0.09 * scale, colours.faint);
    dot(pen, elbow, 0.09 * scale, colours.faint);
  }
}

function line(pen, points, width, colour) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.lineCap = pen.lineJoin = "round";
  pen.beginPath();
  points.forEach(([x, y], at) => (at ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
}

function dot(pen, [x, y], radius, colour) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

const WORLDS = { CartPole, MountainCar, Acrobot };
