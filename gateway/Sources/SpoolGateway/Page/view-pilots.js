// Pilots: the grid of their slots, the table, and the page of one.

import { h, text, attr, keyed, replace, toast } from "./dom.js";
import { count, bytes, span, clock, plural, jobParts } from "./format.js";
import { get, send, url, query } from "./api.js";
import { store } from "./store.js";
import { headCell, cell, badge, setBadge, panel, link, chips, crumbs, details, pilotHref, jobHref, taskHref,
  empty, GLYPHS } from "./parts.js";
import { VirtualList } from "./virtual.js";
import { SlotGrid, swatch } from "./charts.js";

const STATES = ["running", "drain", "quarantine", "lost"];
const WORST = { lost: 0, quarantine: 1, drain: 2, running: 3 };

export function pilots({ search, go }) {
  let filter = { name: search.get("name") ?? "", state: search.get("state") ?? "" }, shown = [], last = 0, seen = -1;
  const grid = new SlotGrid({ open: (name) => go(pilotHref(name)), height: 560 });
  const legend = h("ul.legend");
  const name = h("input",
    { type: "search", id: "filter-pilot", placeholder: "Pilot, host, tag or task has…", autocomplete: "off",
      spellcheck: "false", value: filter.name, oninput: () => change({ name: name.value }) });
  const states = chips("State", [["", "All"], ...STATES.map((one) => [one, one, GLYPHS[one]])], filter.state,
    (key) => change({ state: key }));
  const note = h("p.list-note", { role: "status" });
  const list = new VirtualList({ label: "Pilots", className: "pilots",
    columns: [headCell("c-state", "State"), headCell("c-name", "Pilot"), headCell("c-cores", "Cores"),
      headCell("c-memory", "Memory free"),
      headCell("c-queues", "Queues, tags"), headCell("c-beat", "Heartbeat"), headCell("c-reason", "Note")],
    create: () => h("div", {}, cell("c-state", badge("running")), cell("c-name", h("a.name")),
      cell("c-cores", h("span.meter", { "aria-hidden": "true" }, h("span")), h("span")), cell("c-memory"),
      cell("c-queues"), cell("c-beat"), cell("c-reason")),
    update: fill });
  const node = h("div.view", {}, h("div.view-head", {}, h("h1", {}, "Pilots")),
    panel("Slots", { note: h("span.panel-note", {}, "a cell is a core") }, grid.node, legend),
    h("div.filters", { role: "search", "aria-label": "Filter" },
      h("label.visually-hidden", { for: "filter-pilot" }, "Pilot, host, tag or task has"), name, states),
    note, list.node);

  function change(part) {
    filter = { ...filter, ...part };
    go(query("/ui/pilots", filter), { replace: true });
    apply();
  }

  function apply() {
    const low = filter.name.toLowerCase();
    shown = [];
    for (const one of store.pilots.values()) {
      if (filter.state && one.state !== filter.state) continue;
      const { pilot } = one;
      if (low && !`${pilot.pilot} ${pilot.host} ${pilot.tags.join(" ")} ${one.jobs.join(" ")}`.toLowerCase().includes(low)) continue;
      shown.push(pilot.pilot);
    }
    shown.sort((a, b) => (WORST[store.pilots.get(a).state] ?? 3) - (WORST[store.pilots.get(b).state] ?? 3)
      || (a < b ? -1 : 1));
    const all = store.pilots.size;
    text(note, store.loaded.pilots ? `${plural(shown.length, "pilot")} of ${count(all)}` : "Loading…");
    list.set(shown.length);
  }

  function fill(row, index) {
    const one = store.pilots.get(shown[index]);
    if (!one) return;
    const { pilot } = one, [a, b, c, d, e, f, g] = row.children;
    const beat = span(Math.round(store.pilotAge(one) / 1000));
    text(f, beat);
    if (row.one === one) return;
    row.one = one;
    setBadge(a.firstChild, one.state);
    text(b.firstChild, pilot.pilot);
    b.firstChild.href = pilotHref(pilot.pilot);
    const used = pilot.cpus - (pilot.free?.cpus ?? 0);
    c.firstChild.firstChild.style.width = `${(100 * used) / pilot.cpus}%`;
    text(c.lastChild, `${used} / ${pilot.cpus}`);
    text(d, `${bytes(pilot.free?.memory)} of ${bytes(pilot.memory)}`);
    text(e,
      [...pilot.queues, ...pilot.tags, pilot.gpus ? plural(pilot.gpus, "GPU") : ""].filter(Boolean).join(", "));
    const words = pilot.trouble ?? pilot.reason
      ?? (pilot.staging ? `${plural(pilot.staging.length, "job")} staging` : "");
    text(g, words);
    attr(g, "title", words || null);
  }

  // Of many pilots the stream tells what changes, and not each heartbeat.
  const beats = setInterval(() => !document.hidden && store.pilots.size > 50 && store.renewPilots(), 20000);
  return { node, update(tick) {
    const now = performance.now();
    if (store.version.pilots !== seen) {
      grid.update(store.changedPilots);
      seen = store.version.pilots;
      if (now - last > 900 || !shown.length) {
        last = now;
        apply();
        drawLegend(legend, grid);
      } else list.refresh();
    } else if (tick) {
      if (now - last > 900) apply();
      list.refresh();
    }
  }, search: (values) => {
    filter = { name: values.get("name") ?? "", state: values.get("state") ?? "" };
    name.value = filter.name;
    for (const button of states.children) attr(button, "aria-pressed",
      String(button.dataset.key === filter.state));
    apply();
  }, destroy: () => {
    clearInterval(beats);
    grid.destroy();
    list.destroy();
  } };
}

function drawLegend(node, grid) {
  const { rows, rest, restCores } = grid.legend();
  const list = [...rows, ...(rest ? [{ name: plural(rest, "other task"), index: -1, cores: restCores }] : [])];
  keyed(node, list, (one) => `${one.index} ${one.name}`,
    (one) => h("li", {}, swatch(one.index),
      one.index < 0 ? h("span.name", {}, one.name) : link(taskHref(one.name), one.name, { class: "name" }),
      h("span.muted")),
    (row, one) => text(row.lastChild, count(one.cores)));
}

export function pilot({ parts: [name] }) {
  const state = badge("running"), facts = h("div"), jobs = h("ul.pilot-jobs"), none = empty("It runs no job."), note = h("p.reason-line", { hidden: true });
  const buttons = h("div.actions", { role: "group", "aria-label": "Actions" });
  const node = h("div.view", {}, crumbs(["Pilots", "/ui/pilots"], [name]),
    h("div.view-head", {}, h("h1.name", {}, name), state, buttons), note, facts,
    panel("Jobs", {}, jobs, none));
  const act = (kind, words) => h("button", { type: "button", onclick: async (event) => {
    event.target.disabled = true;
    try {
      const receipt = await send("POST", url("pilots", name, kind), undefined, { wait: null });
      toast(`${words}: ${name}`, { detail: receipt.text });
    } catch (problem) {
      toast(`${kind} of ${name} was not taken`, { kind: "error", detail: problem.message });
    }
    event.target.disabled = false;
  } }, kind === "drain" ? "Drain" : "Release");
  let last = null, missing = false, shown = "";

  function update(tick) {
    const one = store.pilots.get(name);
    if (!one) {
      if (!store.loaded.pilots || missing) return;
      missing = true;
      get(url("pilots", name)).catch((problem) => {
        text(note, last ? "This pilot has left." : problem.message);
        note.hidden = false;
      });
      return;
    }
    missing = false;
    const { pilot } = one;
    if (one !== last) {
      last = one;
      setBadge(state, one.state);
      const words = pilot.trouble ?? pilot.reason;
      text(note, words);
      note.hidden = !words;
      const may = one.state === "running" ? "drain" : "release";
      if (shown !== may) {
        shown = may;
        replace(buttons, may === "drain" ? act("drain", "Drained") : act("release", "Released"));
      }
      none.hidden = one.jobs.length > 0;
      const staging = new Map((pilot.staging ?? []).map((entry) => [entry.job.replace(/\.a\d+$/, ""),
        entry.since]));
      keyed(jobs, one.jobs, (job) => job, (job) => {
        const parts = jobParts(job);
        return h("li", {},
          parts ? link(jobHref(parts.task, parts.index), job, { class: "name" }) : h("span.name", {}, job),
          h("span.muted"));
      }, (row, job) => text(row.lastChild, staging.has(job.replace(/\.a\d+$/, "")) ? "staging" : ""));
      replace(facts, details([["Host", pilot.host], ["Version", pilot.version], ["Started",
        clock(pilot.started)], ["Ends", pilot.ends && clock(pilot.ends)], ["Cores",
          `${pilot.cpus - pilot.free.cpus} of ${pilot.cpus} in use`],
        ["Memory", `${bytes(pilot.free.memory)} of ${bytes(pilot.memory)} free`],
        ["GPUs", pilot.gpus ? `${pilot.gpus - pilot.free.gpus} of ${pilot.gpus} in use` : null],
        ["Queues", pilot.queues.join(", ")], ["Tags", pilot.tags.join(", ")],
        ["Process", String(pilot.process?.pid ?? "")], ["Heartbeat", h("span", { "data-beat": "" })]]));
    }
    if (tick !== false) text(facts.querySelector("[data-beat]") ?? h("i"),
      `${span(store.pilotAge(one) / 1000)} ago`);
  }
  const beats = setInterval(
    () => !document.hidden && store.pilots.size > 50 && get(url("pilots", name)).then(
      (one) => store.takePilot(one), () => {}), 10000);
  return { node, title: name, update, destroy: () => clearInterval(beats) };
}
