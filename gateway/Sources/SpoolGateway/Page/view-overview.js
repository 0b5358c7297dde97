// The overview: what an operator leaves on the wall.

import { h, text, attr, keyed, replace } from "./dom.js";
import { count, compact, span, rate, plural, ago } from "./format.js";
import { get, url } from "./api.js";
import { store, nameOf, isChain, ENDED } from "./store.js";
import { badge, setBadge, bar, setBar, panel, figure, link, taskHref, jobHref, pilotHref, empty } from "./parts.js";
import { throughput, SlotGrid, swatch } from "./charts.js";

const WORK_ROWS = 12, WAIT_ROWS = 6, CAUSE_ROWS = 7;
const OPEN_STATES = { active: 0, waiting: 1, held: 2 };

export function overview({ go }) {
  const figures = {
    done: figure("Jobs done"), running: figure("Running"), ready: figure("Ready"), failed: figure("Failed"),
    rate: figure("Throughput"), left: figure("Time left"), slots: figure("Cores busy"),
    pilots: figure("Pilots"), watcher: figure("Watcher"),
  };
  const chart = throughput();
  const grid = new SlotGrid({ open: (name) => go(pilotHref(name)) });
  const legend = h("ul.legend");
  const parts = [work(), waits(), failures(), queues(), recent(), troubled()];
  const [inWork, waiting, failing, queue, ended, trouble] = parts;
  const node = h("div.view.overview", {},
    h("h1.visually-hidden", {}, "Overview"),
    h("dl.figures", {}, Object.values(figures).map((one) => one.node)),
    h("div.columns", {},
      h("div.column.column-work", {}, inWork.node, ended.node),
      h("div.column", {},
        panel("Throughput", { note: h("span.panel-note", {}, "jobs a minute") }, chart.node, queue.node),
        failing.node, waiting.node),
      h("div.column", {},
        panel("Slots",
          { note: h("span.panel-note", {}, "a cell is a core"),
            more: link("/ui/pilots", "all pilots", { class: "more" }) }, grid.node, legend, trouble.node))));
  let seen = {};
  let slow = 0;

  function update(tick) {
    const { version } = store;
    if (version.summary !== seen.summary || tick) summary(figures, chart);
    if (version.summary !== seen.summary) queue.update();
    if (version.pilots !== seen.pilots) {
      grid.update(store.changedPilots);
      legendOf(legend, grid);
      trouble.update();
    }
    // The lists need every task, so they are made anew twice a second at most.
    const now = performance.now();
    if ((version.tasks !== seen.tasks || tick) && now - slow > 480) {
      slow = now;
      for (const part of [inWork, waiting, failing, ended]) part.update();
      seen.tasks = version.tasks;
    }
    seen = { ...version, tasks: seen.tasks };
  }
  return { node, update, destroy: () => (chart.destroy(), grid.destroy()) };
}

function summary(figures, chart) {
  const now = store.summary;
  if (!now) return;
  const { jobs = {}, pilots = {}, watcher = {} } = now;
  const speed = now.rate?.perSecond, open = (jobs.waiting ?? 0) + (jobs.ready ?? 0) + (jobs.running ?? 0);
  figures.done.set(compact(jobs.done), jobs.done >= 1000 ? count(jobs.done) : "");
  figures.running.set(compact(jobs.running), "", "running");
  figures.ready.set(compact(jobs.ready), jobs.waiting ? `${compact(jobs.waiting)} more wait` : "");
  figures.failed.set(compact(jobs.failed),
    jobs.failed && jobs.done ? `${((100 * jobs.failed) / (jobs.done + jobs.failed)).toFixed(1)} %` : "",
    jobs.failed ? "failed" : null);
  figures.rate.set(rate(speed), speed ? `${compact(speed * 3600)} an hour` : "");
  figures.left.set(open && speed ? span(open / speed) : open ? "–" : "nothing",
    open ? `${compact(open)} jobs` : "is left");
  figures.slots.set(pilots.slots ? `${Math.round((100 * pilots.busy) / pilots.slots)} %` : "–",
    pilots.slots ? `${compact(pilots.busy)} of ${compact(pilots.slots)}` : "");
  figures.pilots.set(compact(pilots.alive ?? 0), "alive");
  figures.watcher.set(watcher.state ?? "–",
    watcher.heartbeatAge !== undefined ? `heartbeat ${span(watcher.heartbeatAge / 1000)} ago` : "",
    watcher.state === "alive" ? null : "failed");
  chart.set(minutes(now.history ?? []));
}

let filled = { of: null, until: 0, list: [] };

/** The minutes of the history without a gap, half an hour at least: a minute in which no job ended is left out of it. */
function minutes(history) {
  const now = Math.floor(Date.now() / 60000) * 60;
  if (filled.of === history && filled.until === now) return filled.list;
  const known = new Map(history.map((one) => [one[0], one])), list = [];
  const from = Math.max(now - 359 * 60, Math.min(history[0]?.[0] ?? now, now - 30 * 60));
  for (let at = from; at <= now; at += 60) list.push(known.get(at) ?? [at, 0, 0]);
  filled = { of: history, until: now, list };
  return list;
}

/** Rows of chains and tasks in work. */
function work() {
  const rows = h("div.work"), none = empty("Nothing is in work. ",
    link("/ui/submit", "Submit a task or chain"), ".");
  const more = link("/ui/tasks?state=active", "all tasks", { class: "more" });
  const node = panel("In work", { more, className: "work-panel" }, rows, none);
  return { node, update() {
    const open = [];
    for (const page of store.tasks.values()) if (!page.chain
      || isChain(page)) if (!ENDED.has(page.state)) open.push(page);
    open.sort((a, b) => OPEN_STATES[a.state] - OPEN_STATES[b.state] || running(b) - running(a)
      || b.accepted - a.accepted);
    none.hidden = open.length > 0 || !store.loaded.tasks;
    text(more, open.length > WORK_ROWS ? `all ${count(open.length)}` : "all tasks");
    keyed(rows, open.slice(0, WORK_ROWS), nameOf, workRow, fillWork);
  } };
}

const running = (page) => page.jobs.running ?? 0;

function workRow(page) {
  const row = h("div.work-row", {},
    h("div.work-name", {}, badge(page.state), link(taskHref(nameOf(page)), nameOf(page), { class: "name" })),
    h("div.work-bars", {}, bar(), isChain(page) && h("div.steps", { "aria-hidden": "true" })),
    h("div.work-count"), h("div.work-rate", {}, h("span"), h("span.muted")));
  return row;
}

function fillWork(row, page) {
  const [name, bars, number, speed] = row.children;
  setBadge(name.firstChild, page.state);
  setBar(bars.firstChild, page.jobs, nameOf(page));
  replaceCount(number, page.jobs);
  const per = store.rate(page), left = store.left(page), on = page.state === "active";
  text(speed.firstChild,
    on ? (per ? rate(per) : "") : page.waits?.[0] ?? page.reason
      ?? (page.waitsFor ? `waits for ${page.waitsFor}` : ""));
  text(speed.lastChild, on && left !== null ? `${span(left)} left` : "");
  if (isChain(page) && bars.children[1]) keyed(bars.children[1], page.steps, (step) => step.name,
    (step) => h("a.step-mini", { href: taskHref(step.task), tabindex: -1 }, bar(), h("span")),
    (mini, step) => {
      setBar(mini.firstChild, step.jobs);
      text(mini.lastChild, step.name);
      mini.dataset.state = step.state;
    });
}

function replaceCount(node, jobs) {
  const key = `${jobs.done}/${jobs.total}/${jobs.failed}`;
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  replace(node, `${compact(jobs.done)} / ${compact(jobs.total)}`,
    jobs.failed ? h("span.count-failed", {}, `✕ ${compact(jobs.failed)}`) : null);
}

/** Tasks that do not go on, each with the reason. */
function waits() {
  const rows = h("ul.waits"), none = empty("Nothing waits.");
  const node = panel("What waits, and why",
    { more: link("/ui/tasks?state=waiting", "all", { class: "more" }) }, rows, none);
  return { node, update() {
    const list = [];
    for (const page of store.tasks.values()) if (!ENDED.has(page.state)) {
      const why = reasonOf(page);
      if (why) list.push({ page, why });
    }
    list.sort((a, b) => (a.page.waitsSince ?? a.page.accepted) - (b.page.waitsSince ?? b.page.accepted));
    none.hidden = list.length > 0;
    keyed(rows, list.slice(0, WAIT_ROWS), (one) => nameOf(one.page), waitRow, (row, { page, why }) => {
      setBadge(row.querySelector(".badge"), page.state);
      text(row.querySelector(".why"), why);
    });
  } };
}

export function reasonOf(page) {
  if (isChain(page)) return page.state === "held" ? "held: release lets it go on" : null;
  if (page.waits?.length) return page.waits[0];
  if (page.state === "held") return "held: release lets it go on";
  if (page.lacks) return `${page.lacks} lacks files: retry the jobs that were to make them, or release`;
  if (page.waitsFor) return `waits for the dataset ${page.waitsFor}${page.waitsSince ? `, since ${span((Date.now() - page.waitsSince) / 1000)}` : ""}`;
  return page.state === "waiting" ? "waits" : null;
}

function waitRow({ page }) {
  const name = nameOf(page), said = h("div.explained", { hidden: true });
  const button = h("button.quiet", { type: "button", "aria-expanded": "false", "aria-label": `Explain ${name}`, onclick: async () => {
    const open = said.hidden;
    said.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) await explain(name, said);
  } }, "explain");
  return h("li", {},
    h("div.wait-line", {}, badge(page.state), link(taskHref(name), name, { class: "name" }), h("span.why"),
      button), said);
}

/** Fills a node with what `spool explain` says of a task. */
export async function explain(name, into) {
  if (!into.firstChild) text(into, "…");
  try {
    const { lines } = await get(url("tasks", name, "explain"));
    replace(into, h("pre.words", {}, lines.join("\n")));
  } catch (problem) {
    text(into, problem.message);
  }
}

/** Failures of the tasks that the page knows, by cause, with the reasons behind a click. */
function failures() {
  const rows = h("ul.causes"), none = empty("No job has failed.");
  const node = panel("Failures by cause",
    { more: link("/ui/tasks?state=failed", "failed tasks", { class: "more" }) }, rows, none);
  return { node, update() {
    const causes = new Map();
    for (const page of store.tasks.values()) {
      if (isChain(page) || !page.failures) continue;
      for (const cause in page.failures) {
        const one = causes.get(cause) ?? causes.set(cause, { cause, jobs: 0, tasks: [] }).get(cause);
        one.jobs += page.failures[cause];
        one.tasks.push([page.task, page.failures[cause], page.ended ?? Infinity]);
      }
    }
    const list = [...causes.values()].sort((a, b) => b.jobs - a.jobs);
    const most = list[0]?.jobs ?? 1;
    none.hidden = list.length > 0 || !store.loaded.tasks;
    keyed(rows, list.slice(0, CAUSE_ROWS), (one) => one.cause, causeRow, (row, one) => {
      row.data = one;
      row.querySelector(".cause-fill").style.setProperty("width", `${Math.max(1, (100 * one.jobs) / most)}%`);
      text(row.querySelector(".cause-jobs"), count(one.jobs));
      text(row.querySelector(".cause-tasks"), plural(one.tasks.length, "task"));
    });
  } };
}

function causeRow({ cause }) {
  const said = h("div.reasons", { hidden: true });
  const button = h("button.cause", { type: "button", "aria-expanded": "false", onclick: async () => {
    const open = said.hidden;
    said.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) await reasons(cause, row.data.tasks, said);
  } }, h("span.cause-name", {}, cause), h("span.cause-track", { "aria-hidden": "true" }, h("span.cause-fill")),
  h("span.cause-jobs"), h("span.cause-tasks"));
  const row = h("li", {}, button, said);
  return row;
}

async function reasons(cause, tasks, into) {
  text(into, "…");
  const newest = [...tasks].sort((a, b) => b[2] - a[2] || b[1] - a[1]).slice(0, 5);
  const groups = await Promise.all(newest.map(async ([task]) => {
    try {
      const { items } = await get(url("tasks", task, "failures"));
      return items.filter((one) => one.cause === cause).map((one) => ({ task, ...one }));
    } catch {
      return [];
    }
  }));
  replace(into, h("ul.reason-list", {}, groups.flat().map((one) => reasonRow(one))),
    tasks.length > 5 ? h("p.help", {}, `and ${plural(tasks.length - 5, "task")} more`) : null);
}

/** A reason of failure, with the way to the log of one job that had it. */
export function reasonRow({ task, reason, jobs, example }, own = false) {
  return h("li", {}, h("div.reason-head", {}, own ? null : link(taskHref(task), task, { class: "name" }), h("span.muted", {}, plural(jobs, "job")),
    example !== undefined && example !== null ? link(`${jobHref(task, example)}?log=err`,
      `log of job ${example}`, { class: "more" }) : null),
  h("pre.reason", {}, reason || "no reason was given"));
}

function queues() {
  const rows = h("ul.queues", { "aria-label": "Queues" });
  return { node: rows, update() {
    const now = store.summary?.queues ?? {};
    keyed(rows, Object.entries(now), ([name]) => name,
      ([name]) => h("li", {}, h("span.queue-name", {}, name),
        h("span.queue-bar", { "aria-hidden": "true" }, h("span.queue-running"), h("span.queue-ready")),
        h("span.queue-words")),
      (row, [, { ready = 0, running: runs = 0 }]) => {
        const total = Math.max(1, ready + runs), [a, b] = row.children[1].children;
        a.style.setProperty("width", `${(100 * runs) / total}%`);
        b.style.setProperty("width", `${(100 * ready) / total}%`);
        text(row.children[2], `${count(runs)} running, ${count(ready)} ready`);
      });
  } };
}

function legendOf(node, grid) {
  const { rows, rest, restCores } = grid.legend();
  const list = [...rows,
    ...(rest ? [{ name: `${plural(rest, "other task")}`, index: -1, cores: restCores }] : [])];
  keyed(node, list, (one) => `${one.index} ${one.name}`, (one) => h("li", {}, swatch(one.index),
    one.index < 0 ? h("span.name", {}, one.name) : link(taskHref(one.name), one.name, { class: "name" }),
    h("span.muted")),
  (row, one) => text(row.lastChild, count(one.cores)));
}

/** Pilots that take no work, and why. */
function troubled() {
  const rows = h("ul.troubled", { "aria-label": "Pilots out of work" });
  return { node: rows, update() {
    const list = [];
    for (const one of store.pilots.values()) if (one.state === "quarantine" || one.state === "lost"
      || one.pilot.trouble) list.push(one);
    keyed(rows, list.slice(0, 5), (one) => one.pilot.pilot,
      (one) => h("li", {}, badge(one.state),
        link(pilotHref(one.pilot.pilot), one.pilot.pilot, { class: "name" }), h("span.why")),
      (row, one) => {
        setBadge(row.firstChild, one.state);
        text(row.lastChild,
          one.pilot.trouble ?? one.pilot.reason ?? `no heartbeat for ${span(store.pilotAge(one) / 1000)}`);
      });
    attr(rows, "hidden", list.length ? null : "");
  } };
}

function recent() {
  const rows = h("ul.recent"), none = empty("Nothing has ended yet.");
  const node = panel("Ended last", {}, rows, none);
  return { node, update() {
    const list = [];
    for (const page of store.tasks.values()) if (ENDED.has(page.state) && page.ended
      && (isChain(page) || !page.chain)) list.push(page);
    list.sort((a, b) => b.ended - a.ended);
    none.hidden = list.length > 0;
    keyed(rows, list.slice(0, 6), nameOf,
      (page) => h("li", {}, badge(page.state), link(taskHref(nameOf(page)), nameOf(page), { class: "name" }),
        h("span.muted"), h("span.muted")),
      (row, page) => {
        setBadge(row.firstChild, page.state);
        text(row.children[2],
          `${compact(page.jobs.done)} done${page.jobs.failed ? `, ${compact(page.jobs.failed)} failed` : ""}`);
        text(row.children[3], ago(page.ended));
      });
  } };
}
