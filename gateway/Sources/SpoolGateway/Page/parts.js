// The parts that several views are made of: states, bars, cards, actions.

import { h, text, attr, toast } from "./dom.js";
import { count, plural } from "./format.js";
import { send, url } from "./api.js";
import { nameOf, isChain } from "./store.js";

/** A mark beside each state, since colour alone is not for everybody. */
export const GLYPHS = {
  done: "✓", active: "▶", running: "▶", failed: "✕", waiting: "◔", ready: "○", held: "Ⅱ", cancelled: "⊘",
  open: "◔", closed: "✓", incomplete: "!", deleting: "⊘", deleted: "⊘",
  quarantine: "!", quarantined: "!", drain: "↓", draining: "↓", lost: "✕", alive: "●", silent: "!", none: "✕",
  ok: "✓",
};

export function badge(state) {
  const node = h("span.badge", {}, h("span.glyph", { "aria-hidden": "true" }), h("span.badge-text"));
  setBadge(node, state);
  return node;
}

export function setBadge(node, state) {
  if (node.dataset.state === state) return;
  node.dataset.state = state;
  text(node.firstChild, GLYPHS[state] ?? "•");
  text(node.lastChild, state);
}

const PARTS = ["done", "failed", "running", "ready"];

/** A bar of done, failed, running, ready and waiting jobs. */
export function bar() {
  const node = h("div.bar", { role: "img" });
  for (const part of PARTS) node.append(h("span", { class: `bar-${part}` }));
  return node;
}

export function setBar(node, jobs, what = "") {
  const total = Math.max(1, jobs.total);
  PARTS.forEach((part, at) => {
    const n = jobs[part] ?? 0, width = n ? `max(3px, ${((100 * n) / total).toFixed(2)}%)` : "0";
    const style = node.children[at].style;
    if (style.width !== width) style.width = width;
  });
  const open = jobs.open && !jobs.total;
  node.classList.toggle("bar-open", Boolean(open));
  const words = [`${count(jobs.done)} of ${count(jobs.total)} jobs done`];
  if (jobs.running) words.push(`${count(jobs.running)} running`);
  if (jobs.failed) words.push(`${count(jobs.failed)} failed`);
  attr(node, "aria-label", (what ? `${what}: ` : "") + words.join(", "));
}

/** A titled part of a view. */
export function panel(title, { note, more, className, id } = {}, ...children) {
  const heading = `${id ?? title.toLowerCase().replace(/\W+/g, "-")}-title`;
  return h("section.panel", { class: className, "aria-labelledby": heading },
    h("div.panel-head", {}, h("h2", { id: heading }, title), note ?? null, more ?? null), ...children);
}

/** A number with its name, for a row of them. */
export function figure(name, { unit, tone } = {}) {
  const value = h("dd.figure-value", { class: tone }, "–"), small = h("dd.figure-small");
  const node = h("div.figure", {}, h("dt", {}, name), value, small);
  return { node, set(words, under = "", state = null) {
    text(value, words + (unit ?? ""));
    text(small, under);
    attr(node, "data-state", state);
  } };
}

/** A heading and a cell of a list, named for the style sheet. */
export const headCell = (name, ...children) => h(`div.cell.${name}`, { role: "columnheader" }, ...children);
export const cell = (name, ...children) => h(`div.cell.${name}`, { role: "cell" }, ...children);

export const link = (href, words, props) => h("a", { href, ...props }, words);
export const taskHref = (name) => `/ui/tasks/${encodeURIComponent(name)}`;
export const jobHref = (task, index) => `${taskHref(task)}/jobs/${index}`;
export const fileHref = (path) => `/ui/files?path=${encodeURIComponent(path)}`;
export const pilotHref = (name) => `/ui/pilots/${encodeURIComponent(name)}`;
export const datasetHref = (name) => `/ui/datasets/${encodeURIComponent(name)}`;

export function empty(words, ...more) {
  return h("p.empty", {}, words, ...more);
}

export function crumbs(...parts) {
  return h("nav.crumbs", { "aria-label": "Path" }, h("ol", {}, parts.map(([words, href]) =>
    h("li", {}, href ? link(href, words) : h("span", { "aria-current": "page" }, words)))));
}

/** A pilot's mark for a task: one of eight colours, each with a pattern of its own. */
export const PALETTE = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a900", "#8a6fd1"];

/** Opens a dialog and returns a promise of the values of its form, or of null. */
export function dialog(title, { body = [], ok = "OK", danger = false, cancel = "Close" }) {
  return new Promise((resolve) => {
    const form = h("form", { method: "dialog" }, h("h2", { id: "dialog-title" }, title), ...body,
      h("div.dialog-buttons", {},
        h("button", { type: "button", onclick: () => box.close() }, cancel),
        ok && h("button", { type: "submit", value: "ok", class: danger ? "danger" : "primary" }, ok)));
    const box = h("dialog", { "aria-labelledby": "dialog-title" }, form);
    const opener = document.activeElement;
    box.addEventListener("close", () => {
      const values = box.returnValue === "ok" ? Object.fromEntries(new FormData(form)) : null;
      box.remove();
      if (opener?.isConnected) opener.focus();
      resolve(values);
    });
    document.body.append(box);
    box.showModal();
  });
}

export function field(label, input, help) {
  const id = `f-${label.toLowerCase().replace(/\W+/g, "-")}`;
  input.id = id;
  if (help) input.setAttribute("aria-describedby", `${id}-help`);
  return h("div.field", {}, h("label", { for: id }, label), input,
    help && h("p.help", { id: `${id}-help` }, help));
}

/** Sends an order about a task, and tells what came of it. */
export async function order(name, kind, body = {}) {
  const words = { cancel: "Cancelled", hold: "Held", release: "Released", retry: "Tried again",
    priority: "Priority changed",
    limit: "Limit changed" }[kind];
  try {
    const receipt = await send("POST", url("tasks", name, kind), body);
    toast(`${words}: ${name}`, { detail: receipt.warning ?? receipt.text });
    return true;
  } catch (problem) {
    toast(`${kind} of ${name} was not taken`, { kind: "error", detail: problem.message });
    return false;
  }
}

const input = (props) => h("input", { autocomplete: "off", spellcheck: "false", ...props });

async function ask(page, kind) {
  const name = nameOf(page), what = isChain(page) ? "chain" : "task";
  if (kind === "cancel") {
    const running = page.jobs.running ?? 0;
    const yes = await dialog(`Cancel ${name}?`, { ok: `Cancel the ${what}`, danger: true, cancel: "Keep it", body: [
      h("p", {}, running ? `${plural(running, "running job")} will be ended. ` : "",
        "Results that were accepted are kept, and a retry can take it up again.")] });
    return yes && {};
  }
  if (kind === "priority") {
    const values = await dialog(`Priority of ${name}`, { ok: "Change", body: [
      field("Priority",
        input({ name: "priority", type: "number", min: 0, max: 9, required: true, value: page.priority ?? 5 }),
        "0 comes first, 9 last.")] });
    return values && { priority: Number(values.priority) };
  }
  if (kind === "limit") {
    const values = await dialog(`Limit of ${name}`, { ok: "Change", body: [
      field("Jobs at once",
        input({ name: "max", type: "number", min: 1, max: 99999999, value: page.maxRunning ?? "" }),
        "Empty: no limit.")] });
    return values && { maxRunning: values.max === "" ? "none" : Number(values.max) };
  }
  if (kind === "retry") {
    const values = await dialog(`Try ${name} again`, { ok: "Retry", body: [
      field("Only of this cause", input({ name: "cause", type: "text", placeholder: "any", list: "causes" }),
        "As exit2, memory or wall. Empty: all that failed or was cancelled."),
      h("datalist", { id: "causes" },
        Object.keys(page.failures ?? {}).map((cause) => h("option", { value: cause }))),
      isChain(page) ? null : field("Only these jobs",
        input({ name: "jobs", type: "text", placeholder: "all",
          pattern: "[0-9]{1,8}(-[0-9]{1,8})?(,[0-9]{1,8}(-[0-9]{1,8})?)*" }), "Numbers and ranges, as 3-7,19."),
      field("Memory", input({ name: "memory", type: "text", placeholder: "as before" }),
        "As 8GB, from now on."),
      field("Wall time", input({ name: "wall", type: "text", placeholder: "as before" }),
        "As 2h, from now on.")] });
    return values && Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
  }
  return {};
}

/** The buttons for what may be done with a task now. */
export function actions(page) {
  const node = h("div.actions", { role: "group", "aria-label": "Actions" });
  const kinds = ["hold", "release", "retry", "priority", "limit", "cancel"];
  let shown = "", now = page;
  const update = (next) => {
    now = next;
    const ended = ["done", "failed", "cancelled"].includes(now.state);
    const may = {
      hold: now.state === "active" || now.state === "waiting",
      release: now.state === "held" || (now.state === "waiting" && (now.lacks || now.waits)),
      retry: now.jobs.failed > 0 || now.state === "failed" || now.state === "cancelled",
      priority: !ended, limit: !ended, cancel: !ended,
    };
    const list = kinds.filter((kind) => may[kind]);
    if (list.join() === shown) return;
    shown = list.join();
    const focused = node.contains(document.activeElement) ? document.activeElement.dataset.action : null;
    node.replaceChildren(...list.map((kind) => h("button", {
      type: "button", class: kind === "cancel" ? "danger-quiet" : "", "data-action": kind,
      onclick: async (event) => {
        const body = await ask(now, kind);
        if (!body) return;
        const button = event.target;
        button.disabled = true;
        await order(nameOf(now), kind, body);
        button.disabled = false;
      },
    }, { hold: "Hold", release: "Release", retry: "Retry…", priority: "Priority…", limit: "Limit…",
      cancel: "Cancel…" }[kind])));
    if (focused) (node.querySelector(`[data-action="${focused}"]`) ?? node.firstChild)?.focus();
  };
  update(page);
  return { node, update };
}

/** Buttons of which one is pressed, kept in the address. */
export function chips(label, options, value, choose) {
  const node = h("div.chips", { role: "group", "aria-label": label });
  const buttons = options.map(([key, words, glyph]) => h("button.chip", {
    type: "button", "data-key": key, "aria-pressed": String(key === value), onclick: () => select(key),
  }, glyph && h("span.glyph", { "aria-hidden": "true", "data-state": key }, glyph), words));
  node.append(...buttons);
  // Where the buttons do not fit on a phone, the pressed one is in sight.
  const reveal = () => {
    const pressed = buttons.find((button) => button.dataset.key === value);
    if (pressed && node.scrollWidth > node.clientWidth) node.scrollLeft = pressed.offsetLeft - node.offsetLeft - 40;
  };
  requestAnimationFrame(reveal);
  function select(key) {
    value = key;
    reveal();
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.key === key));
    choose(key);
  }
  return node;
}

export function details(rows) {
  return h("dl.details", {}, rows.filter(([, value]) => value !== undefined && value !== null
    && value !== "").map(([name, value]) =>
    h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}
