// Server-sent events, read with fetch(), since EventSource sends no Authorization.

import { BASE, headers, query, renewToken } from "./api.js";

/** Splits the text of a stream into events. */
export class EventParser {
  #rest = "";
  #event = {};

  feed(chunk, deliver) {
    const lines = (this.#rest + chunk).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    for (const line of lines) this.#line(line, deliver);
  }

  #line(line, deliver) {
    if (line === "") {
      if (this.#event.data !== undefined || this.#event.event) deliver(this.#event);
      this.#event = {};
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.#event.data = this.#event.data === undefined ? value
      : `${this.#event.data}\n${value}`;
    else if (field === "event" || field === "id") this.#event[field] = value;
  }
}

const FIRST = 500, LONGEST = 15000, SILENT = 45000, HIDDEN = 60000;

/** A stream of events that connects again by itself, and goes on where it stopped. */
export class Stream {
  #id;
  #abort;
  #wait = FIRST;
  #timer;
  #heard = 0;
  #closed = false;

  /** `task`: only events of that task and its jobs. */
  constructor({ task, event, state }) {
    this.task = task;
    this.event = event;
    this.state = state;
    this.since = null;
    this.onVisible = () => this.#visibility();
    document.addEventListener("visibilitychange", this.onVisible);
    this.guard = setInterval(() => this.#look(), 5000);
    this.#connect();
  }

  close() {
    this.#closed = true;
    clearInterval(this.guard);
    clearTimeout(this.#timer);
    clearTimeout(this.hiding);
    document.removeEventListener("visibilitychange", this.onVisible);
    this.#abort?.abort();
  }

  retryNow() {
    if (this.#abort || this.#closed) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  async #connect() {
    const abort = (this.#abort = new AbortController());
    try {
      const more = { Accept: "text/event-stream", ...(this.#id ? { "Last-Event-ID": this.#id } : {}) };
      const response = await fetch(query(`${BASE}/events`, { task: this.task }), {
        headers: headers(more), signal: abort.signal, credentials: "omit", cache: "no-store",
      });
      if (response.status === 401) await renewToken();
      if (!response.ok) throw new Error(`status ${response.status}`);
      await this.#read(response);
    } catch {
      // The reason is the same to the reader: there is no connection.
    }
    if (this.#abort === abort) this.#abort = null;
    if (!this.#closed && !this.parked) this.#later();
  }

  async #read(response) {
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const parser = new EventParser();
    this.#heard = Date.now();
    this.since = null;
    this.state("live");
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.#heard = Date.now();
      this.#wait = FIRST;
      parser.feed(decoder.decode(value, { stream: true }), (event) => this.#deliver(event));
    }
  }

  #deliver(event) {
    if (event.id !== undefined) this.#id = event.id;
    let data = null;
    try {
      data = event.data ? JSON.parse(event.data) : null;
    } catch {
      return;
    }
    if (event.event === "reset" && event.id === undefined) this.#id = undefined;
    this.event(event.event ?? "message", data);
  }

  #later() {
    this.since ??= Date.now();
    const wait = this.#wait * (0.8 + 0.4 * Math.random());
    this.#wait = Math.min(LONGEST, this.#wait * 2);
    this.state("lost", this.since);
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  /** Ends a connection that has died without a word: the gateway sends something every 15 s. */
  #look() {
    if (this.#abort && this.#heard && Date.now() - this.#heard > SILENT && !this.since) this.#abort.abort();
  }

  /** Gives a hidden page's connection back, because a browser has only six to one host. */
  #visibility() {
    clearTimeout(this.hiding);
    if (document.hidden) {
      this.hiding = setTimeout(() => {
        this.parked = true;
        clearTimeout(this.#timer);
        this.#abort?.abort();
      }, HIDDEN);
    } else if (this.parked) {
      this.parked = false;
      this.#wait = FIRST;
      this.#connect();
    } else if (!this.#abort) this.retryNow();
  }
}
