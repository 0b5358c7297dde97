// Drawings: throughput over time, the graph of a chain, the slots of pilots.

import { h, s, text, attr } from "./dom.js";
import { compact, count, clock, span, plural } from "./format.js";
import { PALETTE } from "./parts.js";
import { store } from "./store.js";

const nice = (top) => {
  const base = 10 ** Math.floor(Math.log10(Math.max(1, top)));
  return [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].map((step) => step * base).find((step) => step >= top) ?? top;
};

/** Jobs a minute, done and failed, as a chart of the last hours. */
export function throughput() {
  const W = 600, H = 170, left = 38, right = 8, head = 10, foot = 22;
  const grid = s("g.chart-grid"), doneArea = s("path.chart-done"), doneLine = s("path.chart-line"), failed = s("path.chart-failed");
  const cursor = s("line.chart-cursor", { y1: head, y2: H - foot, visibility: "hidden" });
  const axis = s("g.chart-axis");
  const svg = s("svg.chart", { viewBox: `0 0 ${W} ${H}`, role: "img", preserveAspectRatio: "none" }, grid,
    doneArea, doneLine, failed, axis, cursor);
  const note = h("div.chart-note", { "aria-hidden": "true" });
  const node = h("div.chart-box", {}, svg, note);
  let history = [], width = W;

  const x = (at, from, to) => left + ((at - from) / Math.max(1, to - from)) * (width - left - right);

  function draw() {
    width = Math.max(240, Math.round(node.clientWidth || W));
    attr(svg, "viewBox", `0 0 ${width} ${H}`);
    const shown = history;
    if (shown.length < 2) {
      for (const path of [doneArea, doneLine, failed]) attr(path, "d", "");
      grid.replaceChildren();
      axis.replaceChildren(s("text", { x: width / 2, y: H / 2, "text-anchor": "middle" },
        "The first minutes are not over yet"));
      return;
    }
    const from = shown[0][0], to = shown[shown.length - 1][0];
    const top = nice(Math.max(1, ...shown.map(([, done, bad]) => done + bad)));
    const y = (n) => H - foot - (n / top) * (H - foot - head);
    const line = shown.map(([at, done], i) => `${i ? "L" : "M"}${x(at, from, to).toFixed(1)},${y(done).toFixed(1)}`).join("");
    attr(doneLine, "d", line);
    attr(doneArea, "d", `${line}L${x(to, from, to).toFixed(1)},${H - foot}L${left},${H - foot}Z`);
    const half = Math.max(0.5, ((width - left - right) / shown.length) * 0.35);
    attr(failed, "d", shown.filter((one) => one[2]).map(([at, , bad]) => {
      const middle = x(at, from, to);
      return `M${(middle - half).toFixed(1)},${H - foot}V${Math.min(H - foot - 2, y(bad)).toFixed(1)}h${(2 * half).toFixed(1)}V${H - foot}Z`;
    }).join(""));
    grid.replaceChildren(...[0, 0.5, 1].map((part) => s("line",
      { x1: left, x2: width - right, y1: y(top * part), y2: y(top * part) })));
    const hours = (to - from) / 3600, step = hours > 3 ? 3600 : hours > 1 ? 1800 : hours > 0.4 ? 600
      : 120, marks = [];
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
      const middle = x(at, from, to);
      if (middle > left + 14 && middle < width - 18) marks.push(s("text",
        { x: middle, y: H - 6, "text-anchor": "middle" }, clock(at * 1000, false).slice(-5)));
    }
    axis.replaceChildren(
      ...[0, 0.5, 1].map((part) => s("text", { x: left - 6, y: y(top * part) + 4, "text-anchor": "end" },
        compact(top * part))), ...marks);
    const peak = Math.max(...shown.map((one) => one[1])), bad = shown.reduce((sum, one) => sum + one[2], 0), last = shown[shown.length - 2] ?? shown[0];
    attr(svg, "aria-label",
      `Jobs a minute over ${span(to - from)}: ${count(last[1])} done in the last minute, ${count(peak)} at most; ${count(bad)} failed in all`);
  }

  svg.addEventListener("pointermove", (event) => {
    if (history.length < 2) return;
    const box = svg.getBoundingClientRect(), from = history[0][0], to = history[history.length - 1][0];
    const at = from + ((((event.clientX - box.left) / box.width) * width - left) / (width - left - right)) * (to - from);
    const one = history.reduce((best, next) => (Math.abs(next[0] - at) < Math.abs(best[0] - at) ? next : best));
    const middle = x(one[0], from, to);
    attr(cursor, "x1", middle);
    attr(cursor, "x2", middle);
    attr(cursor, "visibility", "visible");
    text(note, `${clock(one[0] * 1000, false)}  ${count(one[1])} done, ${count(one[2])} failed`);
    note.style.setProperty("left", `${Math.min(100, Math.max(0, (middle / width) * 100))}%`);
    note.classList.add("shown");
  });
  svg.addEventListener("pointerleave", () => {
    attr(cursor, "visibility", "hidden");
    note.classList.remove("shown");
  });
  const sizes = new ResizeObserver(draw);
  sizes.observe(node);
  return { node, set(next) {
    if (next === history) return;
    history = next;
    draw();
  }, destroy: () => sizes.disconnect() };
}

/** The steps of a chain with what they read: `{name, task, from: [step names], datasets: [names]}`. */
export function stepsOf(request, page) {
  const names = new Set(page.steps.map((step) => step.name));
  const asked = new Map((request?.steps ?? []).map((step) => [step.name, step]));
  return page.steps.map((step, at) => {
    const given = asked.get(step.name)?.input ?? (at ? page.steps[at - 1].name : request?.input);
    const list = typeof given === "string" ? [given] : Array.isArray(given)
      ? given.filter((one) => typeof one === "string") : [];
    const from = list.filter((one) => names.has(one)), datasets = list.filter((one) => !names.has(one));
    const words = given && typeof given === "object" && !Array.isArray(given)
      ? given.files ? plural(given.files.length, "file") : given.values ? plural(given.values.length, "value") : `${count(given.count)} jobs` : null;
    return { step, name: step.name, from, datasets, words };
  });
}

/** The number of events that a step lets through is one in so many. */
export function suppression(report) {
  const { eventsIn, eventsOut } = report ?? {};
  return eventsIn > 0 && eventsOut > 0 ? eventsIn / eventsOut : null;
}

const canvasColour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Gives each task a colour and a pattern; the tasks that hold most slots are first. */
export class TaskColours {
  #of = new Map();

  assign(counts) {
    const busiest = [...counts].sort((a, b) => b[1] - a[1]
      || (a[0] < b[0] ? -1 : 1)).slice(0, PALETTE.length).map((one) => one[0]);
    for (const name of [...this.#of.keys()]) if (!busiest.includes(name)) this.#of.delete(name);
    const free = PALETTE.map((_, at) => at).filter((at) => ![...this.#of.values()].includes(at));
    for (const name of busiest) if (!this.#of.has(name)) this.#of.set(name, free.shift());
    return busiest;
  }

  index(name) {
    return this.#of.get(name) ?? -1;
  }
}

/** What each slot of a pilot does: names of tasks, one for each core in use. */
export function slotsOf(one) {
  const slots = [];
  for (const job of one.jobs ?? []) {
    const task = job.replace(/\.\d{8}(\.a\d+)?$/, "");
    const cpus = store.tasks.get(task)?.resources?.cpus ?? 1;
    for (let n = 0; n < cpus && slots.length < one.pilot.cpus; n++) slots.push(task);
  }
  return slots;
}

/** A grid of pilots on a canvas, each a tile with a cell for each core. */
export class SlotGrid {
  #tiles = [];
  #place = new Map();
  #over = null;

  constructor({ open, height = 420 }) {
    this.canvas = h("canvas.slots", { "aria-hidden": "true" });
    this.tip = h("div.tip", { "aria-hidden": "true", hidden: true });
    this.words = h("p.visually-hidden");
    this.node = h("div.slot-box", {}, this.canvas, this.tip, this.words);
    this.context = this.canvas.getContext("2d");
    this.colours = new TaskColours();
    this.most = height;
    this.canvas.addEventListener("pointermove", (event) => this.#hover(event));
    this.canvas.addEventListener("pointerleave", () => this.#leave());
    this.canvas.addEventListener("click", (event) => {
      const one = this.#at(event);
      if (one) open(one.pilot.pilot);
    });
    this.sizes = new ResizeObserver(() => this.layout());
    this.sizes.observe(this.node);
    this.onTheme = () => this.layout();
    document.addEventListener("themechange", this.onTheme);
  }

  destroy() {
    this.sizes.disconnect();
    document.removeEventListener("themechange", this.onTheme);
  }

  /** Draws those pilots again that changed, or all of them if their number did. */
  update(changed) {
    if (changed.has(null) || this.#tiles.length !== store.pilots.size) return this.layout();
    const counts = this.#count();
    const before = [...(this.busy ?? [])].join();
    this.busy = this.colours.assign(counts);
    if (this.busy.join() !== before) return this.layout();
    for (const name of changed) if (this.#place.has(name)) this.#tile(this.#place.get(name));
  }

  #count() {
    const counts = new Map();
    this.slots = new Map();
    for (const [name, one] of store.pilots) {
      const slots = slotsOf(one);
      this.slots.set(name, slots);
      for (const task of slots) counts.set(task, (counts.get(task) ?? 0) + 1);
    }
    this.counts = counts;
    return counts;
  }

  layout() {
    const width = Math.floor(this.node.clientWidth);
    if (!width) return;
    this.busy = this.colours.assign(this.#count());
    const pilots = [...store.pilots.values()].sort((a, b) => (a.pilot.host + a.pilot.pilot < b.pilot.host + b.pilot.pilot ? -1 : 1));
    const most = pilots.reduce((cores, one) => Math.max(cores, Math.min(one.pilot.cpus, 256)), 1), number = Math.max(1, pilots.length);
    // Few pilots have cells of one size and their names; many share the place, and the cells of each fill its tile.
    const few = number <= 24;
    this.space = number > 300 ? 2 : 4;
    this.label = few ? 16 : 0;
    if (few) {
      const across = Math.ceil(Math.sqrt(most * 2.4)), cell = Math.max(3,
        Math.min(15, Math.floor((Math.min(width, 190) - 6) / across) - 2));
      this.across = across;
      this.tileWidth = Math.max(across * (cell + 2) + 6, Math.min(112, width));
      this.tileHeight = Math.ceil(most / across) * (cell + 2) + 6 + this.label;
    } else {
      const side = Math.max(8, Math.min(64, Math.sqrt((width * this.most) / number)));
      this.tileWidth = Math.floor(side * 1.25) - this.space;
      this.tileHeight = Math.max(6, Math.floor(side * 0.8) - this.space);
    }
    const perRow = Math.max(1, Math.floor((width + this.space) / (this.tileWidth + this.space)));
    this.tileWidth = few ? this.tileWidth : Math.floor((width + this.space) / perRow) - this.space;
    const high = Math.ceil(number / perRow) * (this.tileHeight + this.space);
    this.perRow = perRow;
    const scale = devicePixelRatio || 1;
    this.canvas.width = width * scale;
    this.canvas.height = Math.max(1, high) * scale;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${Math.max(1, high)}px`;
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.ink = { line: canvasColour("--line-strong"), free: canvasColour("--slot-free"),
      other: canvasColour("--slot-other"), failed: canvasColour("--failed"),
      held: canvasColour("--held"), muted: canvasColour("--muted"), surface: canvasColour("--surface"),
      mark: canvasColour("--slot-mark") };
    this.#tiles = pilots.map((one, at) => ({ name: one.pilot.pilot,
      x: (at % perRow) * (this.tileWidth + this.space),
      y: Math.floor(at / perRow) * (this.tileHeight + this.space) }));
    this.#place = new Map(this.#tiles.map((tile) => [tile.name, tile]));
    this.context.clearRect(0, 0, width, high);
    for (const tile of this.#tiles) this.#tile(tile);
    const states = {};
    for (const one of pilots) states[one.state] = (states[one.state] ?? 0) + 1;
    text(this.words,
      `${plural(pilots.length, "pilot")}: ${Object.entries(states).map(([state, n]) => `${n} ${state}`).join(", ")}. The table of pilots says the same in words.`);
  }

  #tile({ name, x, y }) {
    const one = store.pilots.get(name), c = this.context, { ink } = this;
    if (!one) return;
    c.clearRect(x - 1, y - 1, this.tileWidth + 2, this.tileHeight + 2);
    const bad = one.state === "quarantine" ? ink.held : one.state === "lost" ? ink.failed : null;
    const order = (task) => (this.colours.index(task) < 0 ? PALETTE.length : this.colours.index(task));
    const slots = [...(this.slots.get(name) ?? [])].sort((a, b) => order(a) - order(b)), cpus = Math.max(1,
      Math.min(one.pilot.cpus, 256)), edge = this.label ? 3 : 0;
    const wide = this.tileWidth - 2 * edge, high = this.tileHeight - this.label - 2 * edge;
    const across = this.label ? Math.min(cpus, this.across)
      : columnsOf(cpus, wide / high), down = Math.ceil(cpus / across);
    let w = wide / across, h = high / down;
    if (this.label) w = h = Math.min(w, h);
    const gap = Math.min(w, h) >= 6 ? 2 : Math.min(w, h) >= 3 ? 1 : 0;
    c.globalAlpha = one.state === "lost" ? 0.3 : 1;
    for (let n = 0; n < cpus; n++) {
      // Whole pixels, so that cells are sharp.
      const cx = x + edge + Math.round((n % across) * w), cy = y + edge + Math.round(Math.floor(n / across) * h);
      const cw = Math.max(1, Math.round(((n % across) + 1) * w) - Math.round((n % across) * w) - gap), ch = Math.max(1, Math.round((Math.floor(n / across) + 1) * h) - Math.round(Math.floor(n / across) * h) - gap);
      const index = n < slots.length ? this.colours.index(slots[n]) : -2;
      c.fillStyle = index === -2 ? ink.free : index < 0 ? ink.other : PALETTE[index];
      c.fillRect(cx, cy, cw, ch);
      if (index >= 0 && Math.min(cw, ch) >= 5) pattern(c, index, cx, cy, Math.min(cw, ch), ink.mark);
    }
    c.globalAlpha = 1;
    if (bad || this.label) {
      c.lineWidth = bad ? 2 : 1;
      c.strokeStyle = bad ?? ink.line;
      c.strokeRect(x + 0.5, y + 0.5, this.tileWidth - 1, this.tileHeight - 1);
    }
    if (bad || one.state === "drain") this.#mark(one, x, y);
    if (this.label) {
      c.fillStyle = ink.muted;
      c.font = "11px ui-sans-serif, system-ui, sans-serif";
      c.fillText(fit(c, one.pilot.host, this.tileWidth - 8), x + 5, y + this.tileHeight - 5);
    }
  }

  /** Puts the state's sign on a tile that takes no work. */
  #mark(one, x, y) {
    const c = this.context, size = Math.max(7, Math.min(14, this.tileHeight - this.label - 4));
    const cx = x + this.tileWidth / 2, cy = y + (this.tileHeight - this.label) / 2;
    c.fillStyle = this.ink.surface;
    c.beginPath();
    c.arc(cx, cy, size * 0.62, 0, 7);
    c.fill();
    c.fillStyle = one.state === "lost" ? this.ink.failed : one.state === "quarantine" ? this.ink.held
      : this.ink.muted;
    c.font = `700 ${size}px system-ui, sans-serif`;
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.fillText({ lost: "✕", quarantine: "!", drain: "↓" }[one.state], cx, cy + 0.5);
    c.textAlign = "start";
    c.textBaseline = "alphabetic";
  }

  #at(event) {
    const box = this.canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    const column = Math.floor(x / (this.tileWidth + this.space)), row = Math.floor(y / (this.tileHeight + this.space));
    const tile = column < this.perRow ? this.#tiles[row * this.perRow + column] : null;
    return tile && store.pilots.get(tile.name);
  }

  #hover(event) {
    const one = this.#at(event);
    this.canvas.style.cursor = one ? "pointer" : "";
    if (!one) return this.#leave();
    if (this.#over !== one) {
      this.#over = one;
      const tasks = new Map();
      for (const name of slotsOf(one)) tasks.set(name, (tasks.get(name) ?? 0) + 1);
      this.tip.replaceChildren(h("strong", {}, one.pilot.pilot),
        h("div", {}, `${one.state}, heartbeat ${span(store.pilotAge(one) / 1000)} ago`),
        one.pilot.reason ? h("div", {}, one.pilot.reason) : "",
        ...[...tasks].slice(0, 5).map(([name, n]) => h("div", {}, `${n} × ${name}`)),
        h("div.tip-free", {}, `${one.pilot.free?.cpus ?? 0} of ${one.pilot.cpus} cores free`));
    }
    this.tip.hidden = false;
    const box = this.node.getBoundingClientRect(), x = event.clientX - box.left;
    this.tip.style.left = `${Math.max(0, Math.min(x + 14, box.width - 240))}px`;
    this.tip.style.top = `${event.clientY - box.top + 16}px`;
  }

  #leave() {
    this.#over = null;
    this.tip.hidden = true;
  }

  /** The tasks that have a colour, with the number of cores that each holds. */
  legend() {
    const rows = (this.busy ?? []).map((name) => ({ name, index: this.colours.index(name),
      cores: this.counts.get(name) }));
    const rest = [...(this.counts ?? [])].filter(([name]) => this.colours.index(name) < 0);
    return { rows, rest: rest.length, restCores: rest.reduce((sum, one) => sum + one[1], 0) };
  }
}

const columns = new Map();

/** The number of columns that gives cells nearest to squares, with few places left over in the last row. */
function columnsOf(cells, shape) {
  const key = cells * 1000 + Math.round(shape * 100);
  if (columns.has(key)) return columns.get(key);
  let best = 1, least = Infinity;
  for (let across = 1; across <= cells; across++) {
    const down = Math.ceil(cells / across), cost = Math.abs(Math.log((shape * down) / across)) + (3 * (across * down - cells)) / cells;
    if (cost < least) [best, least] = [across, cost];
  }
  columns.set(key, best);
  return best;
}

function fit(c, words, width) {
  if (c.measureText(words).width <= width) return words;
  let end = words.length;
  while (end > 1 && c.measureText(`${words.slice(0, end)}…`).width > width) end--;
  return `${words.slice(0, end)}…`;
}

/** Draws the pattern that tells a colour of the palette apart without seeing it. */
export function pattern(c, index, x, y, size, ink) {
  if (!index) return;
  const w = Math.max(1, size / 7);
  c.fillStyle = ink;
  if (index === 1) c.fillRect(x + size / 2 - w, y + size / 2 - w, 2 * w, 2 * w);
  else if (index === 2) c.fillRect(x, y + size / 2 - w / 2, size, w);
  else if (index === 3) c.fillRect(x + size / 2 - w / 2, y, w, size);
  else if (index === 4) {
    c.fillRect(x, y + size / 2 - w / 2, size, w);
    c.fillRect(x + size / 2 - w / 2, y, w, size);
  } else if (index === 5) c.fillRect(x, y + size - 2 * w, size, 2 * w);
  else if (index === 6) c.fillRect(x, y, 2 * w, size);
  else if (index === 7) {
    c.fillRect(x, y, w * 2, w * 2);
    c.fillRect(x + size - 2 * w, y + size - 2 * w, 2 * w, 2 * w);
  }
}

/** A sample of a colour and its pattern, for a legend. */
export function swatch(index) {
  const canvas = h("canvas.swatch", { width: 24, height: 24, "aria-hidden": "true" });
  const c = canvas.getContext("2d");
  c.fillStyle = index < 0 ? canvasColour("--slot-other") : PALETTE[index];
  c.fillRect(0, 0, 24, 24);
  if (index >= 0) pattern(c, index, 0, 0, 24, canvasColour("--slot-mark"));
  return canvas;
}
