// The frame of the page: routes, connection, theme, search, keys.

import { h, text, replace, say, toast } from "./dom.js";
import { clock, span, jobParts } from "./format.js";
import { onToken, get, query, BASE } from "./api.js";
import { store, nameOf, isChain } from "./store.js";
import { dialog, field, taskHref, jobHref, fileHref, pilotHref, datasetHref, GLYPHS } from "./parts.js";
import { overview } from "./view-overview.js";
import { tasks } from "./view-tasks.js";
import { task } from "./view-task.js";
import { job } from "./view-job.js";
import { pilots, pilot } from "./view-pilots.js";
import { datasets, dataset, file } from "./view-data.js";
import { submit } from "./view-submit.js";

const main = document.getElementById("main");

const ROUTES = [
  [/^\/(?:ui\/?)?$/, "overview", "Overview", overview],
  [/^\/ui\/tasks\/?$/, "tasks", "Tasks", tasks],
  [/^\/ui\/tasks\/([^/]+)$/, "tasks", null, task],
  [/^\/ui\/tasks\/([^/]+)\/jobs\/(\d+)$/, "tasks", null, job],
  [/^\/ui\/pilots\/?$/, "pilots", "Pilots", pilots],
  [/^\/ui\/pilots\/([^/]+)$/, "pilots", null, pilot],
  [/^\/ui\/datasets\/?$/, "datasets", "Datasets", datasets],
  [/^\/ui\/datasets\/([^/]+)$/, "datasets", null, dataset],
  [/^\/ui\/files\/?$/, "datasets", "File", file],
  [/^\/ui\/submit\/?$/, "submit", "Submit", submit],
];

let view = null;
let shown = "";

/** Shows the view of the address. A view returns `{node, title, update, destroy, search}`. */
function show(focus = true) {
  const { pathname, search } = location;
  if (pathname === shown && view?.search) return view.search(new URLSearchParams(search));
  view?.destroy?.();
  view = null;
  shown = pathname;
  const route = ROUTES.find(([pattern]) => pattern.test(pathname));
  const [pattern, nav, title, make] = route ?? [/^/, "", "Not found", nowhere];
  const parts = (pattern.exec(pathname) ?? []).slice(1).map(decode);
  for (const anchor of document.querySelectorAll("[data-nav]")) {
    if (anchor.dataset.nav === nav) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  const next = make({ parts, search: new URLSearchParams(search), go, retitle });
  view = next;
  main.dataset.view = nav;
  main.replaceChildren(next.node);
  retitle(next.title ?? title);
  if (focus) {
    scrollBack(restore.get(history.state?.at) ?? 0, next);
    main.focus({ preventScroll: true });
    say(document.title);
  }
  next.update?.();
}

/** Scrolls to where the reader was, as soon as the view is long enough for it. */
function scrollBack(place, of, frames = 90) {
  scrollTo(0, place);
  if (frames && view === of && scrollY < place - 1) requestAnimationFrame(() => scrollBack(place, of,
    frames - 1));
}

const decode = (part) => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

function nowhere() {
  return { node: h("div.view", {}, h("h1", {}, "Not found"),
    h("p", {}, "There is no such view. ", h("a", { href: "/ui/" }, "Overview"))) };
}

function retitle(title) {
  document.title = `${title} · Spool`;
}

// Where the reader was on each entry of the history.
const restore = new Map();
let entry = history.state?.at ?? 0;
history.scrollRestoration = "manual";
if (history.state?.at === undefined) history.replaceState({ at: 0 }, "");
addEventListener("scroll", () => restore.set(history.state?.at, scrollY), { passive: true });

/** Goes to an address of the page; `replace` changes the present entry of the history, as a filter does. */
export function go(href, { replace: inPlace = false } = {}) {
  if (inPlace) history.replaceState({ at: history.state?.at ?? 0 }, "", href);
  else {
    history.pushState({ at: ++entry }, "", href);
    restore.delete(entry);
    show();
  }
}

addEventListener("popstate", () => show());
document.addEventListener("click", (event) => {
  const anchor = event.target.closest?.("a[href]");
  if (!anchor || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey
    || event.altKey) return;
  const address = new URL(anchor.href, location.href);
  if (address.origin !== location.origin
    || !(address.pathname === "/" || address.pathname.startsWith("/ui"))) return;
  if (anchor.hash && address.pathname === location.pathname) {
    event.preventDefault();
    return document.getElementById(anchor.hash.slice(1))?.focus();
  }
  event.preventDefault();
  go(address.pathname + address.search);
});

// The connection.

const live = document.getElementById("live"), liveText = document.getElementById("live-text");
const banner = document.getElementById("banner");
let spoken = "";

function connection() {
  const { state, since } = store.connection;
  const lostFor = since ? (Date.now() - since) / 1000 : 0;
  live.dataset.state = state;
  text(liveText,
    state === "live" ? "live" : state === "connecting" ? "connecting"
      : `not connected since ${clock(since)}`);
  const watcher = store.summary?.watcher;
  let words = "";
  if (state === "lost" && lostFor >= 2) words = `Not connected since ${clock(since)}. What you see is from then; the page tries again by itself.`;
  else if (watcher?.state === "silent") words = `The watcher has been silent for ${span((watcher.heartbeatAge ?? 0) / 1000)}: no jobs are formed and no results are taken.`;
  else if (watcher?.state === "none") words = "No watcher runs on this spool: requests wait until one is started with spool up or spool watch.";
  const key = words.replace(/[\d:.]+ ?(ms|[smhd])?/g, "");
  if (key !== spoken) {
    spoken = key;
    banner.hidden = !words;
  }
  text(banner, words);
}

store.subscribe(() => {
  connection();
  view?.update?.();
});
setInterval(() => {
  connection();
  if (!document.hidden) view?.update?.(true);
}, 1000);

// Theme: that of the system, unless the reader chose another.

const themeButton = document.getElementById("theme");
const THEMES = ["auto", "light", "dark"];
function theme(name) {
  if (name === "auto") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.dataset.theme = name;
  themeButton.setAttribute("aria-label", `Theme: ${name}`);
  themeButton.title = `Theme: ${name}`;
  text(themeButton, { auto: "◐", light: "☀", dark: "☾" }[name]);
  localStorage.setItem("spool-theme", name);
  document.dispatchEvent(new Event("themechange"));
}
const themeNow = () => localStorage.getItem("spool-theme") ?? "auto";
const nextTheme = () => {
  theme(THEMES[(THEMES.indexOf(themeNow()) + 1) % 3]);
  say(`Theme: ${themeNow()}`);
};
theme(themeNow());
themeButton.addEventListener("click", nextTheme);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change",
  () => document.dispatchEvent(new Event("themechange")));

// Token.

onToken(async () => {
  const values = await dialog("Token", { ok: "Use it", body: [
    h("p", {}, "This gateway wants a token. It is kept until this tab is closed."),
    field("Token", h("input", { name: "token", type: "password", required: true, autocomplete: "off" })),
  ] });
  return values?.token;
});

// Search.

const form = document.getElementById("search"), box = document.getElementById("q"), found = document.getElementById("found");
let chosen = -1, hits = [], searches = 0, asked;

function hitsOf(words) {
  const low = words.toLowerCase(), out = [];
  if (words.startsWith("/")) out.push({ kind: "file", name: words, href: fileHref(words) });
  const parts = jobParts(words) ?? (/^(.+)[.# ](\d{1,8})$/.test(words) && { task: RegExp.$1,
    index: Number(RegExp.$2) });
  if (parts && store.tasks.has(parts.task)) out.push({ kind: "job", name: words,
    href: jobHref(parts.task, parts.index) + (parts.attempt ? `?attempt=${parts.attempt}` : "") });
  const take = (kind, names, href, most) => {
    const rank = [];
    for (const name of names) {
      const at = name.toLowerCase().indexOf(low);
      if (at >= 0) rank.push([at, name]);
      if (rank.length > 400) break;
    }
    rank.sort((a, b) => a[0] - b[0] || a[1].length - b[1].length);
    for (const [, name] of rank.slice(0, most)) out.push({ kind: kind(name), name, href: href(name) });
  };
  take((name) => (isChain(store.tasks.get(name)) ? "chain" : "task"), store.tasks.keys(), taskHref, 7);
  take(() => "pilot", store.pilots.keys(), pilotHref, 4);
  take(() => "dataset", store.datasets.keys(), datasetHref, 4);
  return out;
}

async function search() {
  const words = box.value.trim(), turn = ++searches;
  chosen = -1;
  hits = words ? hitsOf(words) : [];
  draw(words);
  clearTimeout(asked);
  // Tasks beyond those that the page holds are found by the gateway.
  if (words && store.more && !words.startsWith("/")) {
    asked = setTimeout(async () => {
      try {
        const page = await get(query(`${BASE}/tasks`, { name: words, limit: 10 }));
        if (turn !== searches) return;
        for (const one of page.items) {
          const name = nameOf(one);
          if (!hits.some((hit) => hit.name === name)) hits.push({ kind: isChain(one) ? "chain" : "task", name,
            href: taskHref(name) });
        }
        draw(words);
      } catch {
        // What the page holds is shown all the same.
      }
    }, 250);
  }
}

function draw(words) {
  const open = Boolean(words);
  found.hidden = !open;
  box.setAttribute("aria-expanded", String(open && hits.length > 0));
  if (!hits.length) return replace(found,
    open ? h("li.found-none", { role: "option", "aria-disabled": "true", "aria-selected": "false" },
      "Nothing of that name. A file is searched by its whole path, from /.") : null);
  replace(found, hits.map((hit, at) => h("li", {
    role: "option", id: `hit-${at}`, "aria-selected": "false",
    onmousedown: (event) => event.preventDefault(), onclick: () => open_(at),
  }, h("span.found-kind", {}, hit.kind), h("span.found-name", {}, hit.name),
    store.tasks.has(hit.name) && h("span.glyph",
      { "data-state": store.tasks.get(hit.name).state, "aria-hidden": "true" },
      GLYPHS[store.tasks.get(hit.name).state]))));
  mark(0);
}

function mark(at) {
  chosen = at;
  [...found.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
  if (hits[at]) box.setAttribute("aria-activedescendant", `hit-${at}`);
  else box.removeAttribute("aria-activedescendant");
  found.children[at]?.scrollIntoView?.({ block: "nearest" });
}

function open_(at) {
  const hit = hits[at];
  if (!hit) return;
  shut();
  box.value = "";
  box.blur();
  go(hit.href);
}

function shut() {
  found.hidden = true;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

box.addEventListener("input", search);
box.addEventListener("focus", () => box.value && search());
box.addEventListener("blur", shut);
box.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (hits.length) mark((chosen + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length);
  } else if (event.key === "Escape") {
    event.stopPropagation();
    if (found.hidden) box.blur();
    shut();
  }
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = box.value.trim();
  if (!words) return;
  if (!hits.length && !found.hidden) search();
  if (hits.length) open_(Math.max(0, chosen));
  else go(`/ui/tasks?name=${encodeURIComponent(words)}`);
});

// Keys.

const KEYS = [
  ["/", "Search"], ["g o", "Overview"], ["g t", "Tasks"], ["g p", "Pilots"], ["g d", "Datasets"],
  ["g s", "Submit"],
  ["↓ j · ↑ k", "Next and previous row of a list"], ["Page, Home, End", "Further rows"],
  ["Enter", "Open the row"],
  ["f", "First filter of a list"], ["t", "Next theme"], ["?", "This help"], ["Esc", "Close"],
];
const keysOn = () => localStorage.getItem("spool-keys") !== "off";

function help() {
  const toggle = h("input",
    { type: "checkbox", checked: keysOn(),
      onchange: () => localStorage.setItem("spool-keys", toggle.checked ? "on" : "off") });
  dialog("Keys", { ok: null, body: [
    h("table.keys", {},
      h("thead.visually-hidden", {},
        h("tr", {}, h("th", { scope: "col" }, "Key"), h("th", { scope: "col" }, "What it does"))),
      h("tbody", {},
        KEYS.map(([key, words]) => h("tr", {},
          h("td", {}, key.split(" ").map((part) => [h(/^[·,]$/.test(part) ? "span" : "kbd", {}, part), " "])),
          h("td", {}, words))))),
    h("label.check", {}, toggle, " Keys of one letter are on"),
    h("p.help", {},
      "Every view has an address of its own: send it to a colleague, or keep it as a bookmark. ",
      h("a", { href: "/api" }, "The API"), " gives the same data."),
  ] });
}
document.getElementById("help").addEventListener("click", help);

let led = 0;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !keysOn()) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable
    || document.querySelector("dialog[open]")) return;
  const second = led && Date.now() - led < 1200;
  led = 0;
  if (second) {
    const to = { o: "/ui/", t: "/ui/tasks", p: "/ui/pilots", d: "/ui/datasets", s: "/ui/submit" }[event.key];
    if (to) {
      event.preventDefault();
      return go(to);
    }
  }
  const act = {
    "/": () => (box.focus(), box.select()), "?": help, t: nextTheme, g: () => (led = Date.now()),
    f: () => main.querySelector(".filters input, .filters button")?.focus(),
    ArrowDown: () => firstRow(), j: () => firstRow(),
  }[event.key];
  if (!act || act() === false) return;
  event.preventDefault();
});

function firstRow() {
  const row = [...main.querySelectorAll(".vrows > .vrow:not([hidden])")].find((one) => one.getBoundingClientRect().top > 60);
  const anchor = row?.querySelector("a");
  if (!anchor || (document.activeElement !== document.body && document.activeElement !== main)) return false;
  anchor.focus();
}

// A JSON file that is dropped anywhere goes to the form.

addEventListener("dragover", (event) => {
  if (event.dataTransfer?.types.includes("Files")) {
    event.preventDefault();
    document.body.classList.add("dropping");
  }
});
addEventListener("dragleave", (event) => !event.relatedTarget && document.body.classList.remove("dropping"));
addEventListener("drop", async (event) => {
  document.body.classList.remove("dropping");
  const dropped = event.dataTransfer?.files?.[0];
  if (!dropped) return;
  event.preventDefault();
  if (dropped.size > 16 * 2 ** 20) return toast("That file is too large",
    { kind: "error", detail: "A request has 16 MiB at most." });
  sessionStorage.setItem("spool-dropped", JSON.stringify({ name: dropped.name, text: await dropped.text() }));
  if (location.pathname === "/ui/submit") document.dispatchEvent(new Event("dropped"));
  else go("/ui/submit");
});

store.start();
show(false);
