// A list of any length with as many rows in the document as the window shows, scrolled with the document.

import { h } from "./dom.js";

const OVERSCAN = 6;

export class VirtualList {
  #rows = new Map();
  #free = [];
  #frame = 0;
  #count = 0;
  #range = [0, 0];

  /**
   * `create()` makes a row, `update(row, index)` fills it, `near(end)` is called when the last rows come into sight.
   * `label` names the table, `columns` are its headings.
   */
  constructor({ label, columns, create, update, near, className = "" }) {
    this.create = create;
    this.update = update;
    this.near = near;
    this.body = h("div.vrows", { role: "rowgroup" });
    this.head = h("div.vhead", { role: "rowgroup" },
      h("div.vrow", { role: "row" }, columns.map((column) => typeof column === "string"
        ? h("div.cell", { role: "columnheader" }, column) : column)));
    this.node = h("div.vlist", { role: "table", "aria-label": label, class: className }, this.head, this.body);
    this.onScroll = () => this.#schedule();
    addEventListener("scroll", this.onScroll, { passive: true });
    this.sizes = new ResizeObserver(() => {
      this.rowHeight = 0;
      this.#schedule();
    });
    this.sizes.observe(this.node);
    this.node.addEventListener("keydown", (event) => this.#key(event));
  }

  destroy() {
    removeEventListener("scroll", this.onScroll);
    this.sizes.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  /** Sets the number of rows and brings those in sight up to date. */
  set(count) {
    this.#count = count;
    this.node.setAttribute("aria-rowcount", count + 1);
    this.#schedule();
  }

  refresh() {
    this.#schedule();
  }

  #schedule() {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #measure() {
    if (this.rowHeight) return;
    this.rowHeight = parseFloat(getComputedStyle(this.node).getPropertyValue("--row")) || 36;
  }

  #draw() {
    this.#frame = 0;
    if (!this.node.isConnected) return;
    this.#measure();
    const height = `${this.#count * this.rowHeight}px`;
    if (this.body.style.height !== height) this.body.style.height = height;
    const top = -this.body.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / this.rowHeight) - OVERSCAN);
    const last = Math.min(this.#count, Math.ceil((top + innerHeight) / this.rowHeight) + OVERSCAN);
    this.#range = [first, last];
    for (const [index, row] of this.#rows) {
      if (index >= first && index < last) continue;
      if (row.contains(document.activeElement) && index < this.#count) continue;
      this.#rows.delete(index);
      row.hidden = true;
      this.#free.push(row);
    }
    for (let index = first; index < last; index++) this.#show(index);
    if (last >= this.#count - OVERSCAN) this.near?.();
  }

  #show(index) {
    let row = this.#rows.get(index);
    if (!row) {
      row = this.#free.pop();
      if (!row) {
        row = this.create();
        row.classList.add("vrow");
        row.setAttribute("role", "row");
      }
      // The order in the document is that of the list, for the tab key and for readers.
      const above = this.#rows.get(index - 1);
      if (above) above.after(row);
      else this.body.prepend(row);
      row.hidden = false;
      row.setAttribute("aria-rowindex", index + 2);
      row.style.transform = `translateY(${index * this.rowHeight}px)`;
      row.dataset.index = index;
      this.#rows.set(index, row);
    } else if (row.dataset.height !== String(this.rowHeight)) row.style.transform = `translateY(${index * this.rowHeight}px)`;
    row.dataset.height = this.rowHeight;
    this.update(row, index);
  }

  /** Moves the focus from row to row with the arrow keys. */
  #key(event) {
    const row = event.target.closest?.(".vrows > .vrow");
    if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(innerHeight / this.rowHeight) - 3);
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, PageDown: page, PageUp: -page, Home: -Infinity,
      End: Infinity }[event.key];
    if (step === undefined || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    event.preventDefault();
    this.focus(Math.max(0, Math.min(this.#count - 1, Number(row.dataset.index) + step)));
  }

  focus(index) {
    if (index < 0 || index >= this.#count) return;
    this.#measure();
    const box = this.body.getBoundingClientRect();
    const top = box.top + index * this.rowHeight, head = 110, foot = 70;
    if (top < head) scrollBy(0, top - head);
    else if (top + this.rowHeight > innerHeight - foot) scrollBy(0, top + this.rowHeight - innerHeight + foot);
    this.#draw();
    this.#rows.get(index)?.querySelector("a, button")?.focus({ preventScroll: true });
  }
}

/** A listing of the gateway, fetched a page at a time as it is scrolled. */
export class PagedItems {
  items = [];
  next = null;
  done = false;
  failed = null;
  #loading = false;
  #turn = 0;

  /**
   * `fetchPage(cursor)` returns a promise of `{items, next}`; `changed` is called after each. With `keyOf` an item that
   * comes again takes the place of the earlier one.
   */
  constructor(fetchPage, changed, keyOf) {
    this.keyOf = keyOf;
    this.fetchPage = fetchPage;
    this.changed = changed;
  }

  reset() {
    this.#turn++;
    this.items = [];
    this.next = null;
    this.done = false;
    this.failed = null;
    this.#loading = false;
    return this.more();
  }

  async more() {
    if (this.#loading || this.done || this.failed) return;
    this.#loading = true;
    const turn = this.#turn;
    try {
      const page = await this.fetchPage(this.next);
      if (turn !== this.#turn) return;
      this.items = this.#joined(this.items, page.items);
      this.next = page.next;
      this.done = !page.next;
    } catch (problem) {
      if (turn !== this.#turn) return;
      this.failed = problem;
    }
    this.#loading = false;
    this.changed();
  }

  #joined(items, more) {
    if (!this.keyOf) return items.concat(more);
    const all = new Map(items.map((one) => [this.keyOf(one), one]));
    for (const one of more) all.set(this.keyOf(one), one);
    return [...all.values()];
  }

  /** Fetches the pages that are shown once more, and keeps the old ones in sight until then. */
  async renew() {
    if (this.#loading) return;
    const turn = this.#turn, want = Math.max(this.items.length, 1);
    this.#loading = true;
    try {
      let items = [], cursor = null;
      do {
        const page = await this.fetchPage(cursor);
        items = this.#joined(items, page.items);
        cursor = page.next;
      } while (cursor && items.length < want);
      if (turn !== this.#turn) return;
      Object.assign(this, { items, next: cursor, done: !cursor, failed: null });
    } catch {
      // The next change tries again.
    } finally {
      if (turn === this.#turn) this.#loading = false;
    }
    this.changed();
  }
}
