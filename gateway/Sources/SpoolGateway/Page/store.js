// The page's picture of the spool: loaded once by listings, then kept up to date by the event stream.

import { get, query, BASE } from "./api.js";
import { Stream } from "./stream.js";

const PAGE = 1000;
/** The most tasks that the page holds; older ones are found by the gateway's own filter. */
export const MOST_TASKS = 20000;
const WINDOW = 60000;

export const ENDED = new Set(["done", "failed", "cancelled"]);
export const nameOf = (page) => page.task ?? page.chain;
export const isChain = (page) => page.kind === "chain-summary";

class Store {
  summary = null;
  tasks = new Map();
  pilots = new Map();
  datasets = new Map();
  connection = { state: "connecting", since: null };
  loaded = { tasks: false, pilots: false, datasets: false };
  more = false;
  failed = false;
  /** Counts that grow with every change, so that a view can tell whether its part has changed. */
  version = { summary: 0, tasks: 0, members: 0, pilots: 0, datasets: 0, connection: 0 };
  /** Names of the pilots that changed since the last frame. */
  changedPilots = new Set();
  #listeners = new Set();
  #frame = 0;
  #progress = new Map();
  #sorted = null;
  #loads = 0;

  start() {
    this.stream = new Stream({
      event: (kind, data) => this.#event(kind, data),
      state: (state, since = null) => {
        this.connection = { state, since };
        this.#changed("connection");
        if (state === "live" && this.failed) this.load();
      },
    });
    this.load();
  }

  /** Loads every listing anew, newest tasks first. */
  async load() {
    const load = ++this.#loads;
    const tries = [this.#loadSummary(), this.#loadTasks(load), this.#loadPilots(load),
      this.#loadDatasets(load)];
    const ended = await Promise.allSettled(tries);
    if (load !== this.#loads) return;
    this.failed = ended.some((one) => one.status === "rejected");
    clearTimeout(this.again);
    // What could not be read is read again; without a connection, as soon as there is one.
    if (this.failed) this.again = setTimeout(() => this.connection.state === "live" && this.load(), 5000);
  }

  async #loadSummary() {
    this.summary = await get(`${BASE}/summary`);
    this.#changed("summary");
  }

  async #pages(address, load, limit, take) {
    let cursor, held = 0;
    const seen = new Set();
    do {
      const page = await get(query(address, { limit, cursor }));
      if (load !== this.#loads) return null;
      for (const item of page.items) seen.add(take(item));
      held += page.items.length;
      cursor = page.next;
    } while (cursor && held < MOST_TASKS);
    return { seen, more: Boolean(cursor) };
  }

  async #loadTasks(load) {
    const before = new Set(this.tasks.keys());
    const all = await this.#pages(`${BASE}/tasks`, load, PAGE, (page) => {
      this.#task(page);
      return nameOf(page);
    });
    if (!all) return;
    this.more = all.more;
    for (const name of before) if (!all.seen.has(name) && !all.more) this.#remove("tasks", name);
    this.loaded.tasks = true;
    this.#changed("tasks", "members");
  }

  async #loadPilots(load) {
    const before = new Set(this.pilots.keys());
    const all = await this.#pages(`${BASE}/pilots`, load, 1000, (one) => this.#pilot(one));
    if (!all) return;
    for (const name of before) if (!all.seen.has(name)) this.#remove("pilots", name);
    this.loaded.pilots = true;
    this.#changed("pilots");
  }

  async #loadDatasets(load) {
    const before = new Set(this.datasets.keys());
    const all = await this.#pages(`${BASE}/datasets`, load, PAGE, (page) => {
      this.datasets.set(page.dataset, page);
      return page.dataset;
    });
    if (!all) return;
    for (const name of before) if (!all.seen.has(name)) this.datasets.delete(name);
    this.loaded.datasets = true;
    this.#changed("datasets");
  }

  #event(kind, data) {
    if (kind === "task") this.#task(data);
    else if (kind === "pilot") this.#pilot(data);
    else if (kind === "dataset") {
      this.datasets.set(data.dataset, data);
      this.#changed("datasets");
    } else if (kind === "summary") {
      // The history is long and grows once a minute; an event may leave it out.
      this.summary = { ...this.summary, ...data };
      this.#changed("summary");
    } else if (kind === "gone") {
      const part = { task: "tasks", chain: "tasks", pilot: "pilots", dataset: "datasets" }[data.kind];
      if (part) this.#remove(part, data.name);
    } else if (kind === "reset") this.load();
  }

  /** Takes what an answer says of a task, before the stream tells it. */
  take(page) {
    this.#task(page);
  }

  #task(page) {
    const name = nameOf(page);
    const { request, ...slim } = page;
    if (!this.tasks.has(name)) {
      this.#sorted = null;
      this.#changed("members");
    }
    this.tasks.set(name, slim);
    this.#note(name, slim);
    this.#changed("tasks");
  }

  takePilot(one) {
    this.#pilot(one);
  }

  /** Reads the pilots anew, for their heartbeats. */
  renewPilots() {
    return this.#loadPilots(this.#loads).catch(() => {});
  }

  #pilot(one) {
    const name = one.pilot.pilot;
    // A pilot that has written no record yet is known by its name alone.
    const pilot = { host: "", version: "", cpus: 0, memory: 0, gpus: 0, jobs: 0, queues: [], tags: [],
      free: { cpus: 0, memory: 0, gpus: 0 }, ...one.pilot };
    this.pilots.set(name, { jobs: [], ...one, pilot, heard: Date.now() - (one.heartbeatAge ?? 0) });
    this.changedPilots.add(name);
    this.#changed("pilots");
    return name;
  }

  #remove(part, name) {
    if (!this[part].delete(name)) return;
    if (part === "tasks") {
      this.#sorted = null;
      this.#progress.delete(name);
      this.#changed("members");
    }
    if (part === "pilots") this.changedPilots.add(null);
    this.#changed(part);
  }

  /** Tasks and chains, the newest first. */
  list() {
    this.#sorted ??= [...this.tasks.values()].sort((a, b) => b.accepted - a.accepted).map(nameOf);
    return this.#sorted;
  }

  /** Samples of the jobs that have ended, of the last minute, for the rate. */
  #note(name, page) {
    if (page.state !== "active") return void this.#progress.delete(name);
    const now = Date.now(), ended = page.jobs.done + page.jobs.failed;
    let samples = this.#progress.get(name);
    if (!samples) this.#progress.set(name, (samples = []));
    if (samples.length && now - samples[samples.length - 1].at < 1000) samples[samples.length - 1].ended = ended;
    else samples.push({ at: now, ended });
    while (samples.length > 2 && samples[1].at < now - WINDOW) samples.shift();
  }

  /** Jobs a second: over the last minute if the page has seen 10 s of it, else over the life of the task. */
  rate(page) {
    if (page.state !== "active") return null;
    const now = Date.now(), ended = page.jobs.done + page.jobs.failed;
    const first = this.#progress.get(nameOf(page))?.[0];
    if (first && now - first.at >= 10000) return (ended - first.ended) / ((now - first.at) / 1000);
    return page.started ? ended / Math.max(1, (now - page.started) / 1000) : null;
  }

  /** Seconds until the jobs that are known have ended. */
  left(page) {
    const rate = this.rate(page);
    const open = page.jobs.total - page.jobs.done - page.jobs.failed;
    return rate && open > 0 ? open / rate : null;
  }

  pilotAge(one) {
    return Math.max(0, Date.now() - one.heard);
  }

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(...parts) {
    for (const part of parts) this.version[part]++;
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#tell());
  }

  #tell() {
    this.#frame = 0;
    for (const listener of this.#listeners) listener();
    this.changedPilots.clear();
  }
}

export const store = new Store();
