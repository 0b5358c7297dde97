// The page of a task or a chain.

import { h, s, text, attr, keyed, replace, say } from "./dom.js";
import { count, compact, bytes, span, rate, clock, ago, plural } from "./format.js";
import { get, url, query } from "./api.js";
import { store, nameOf, isChain, ENDED } from "./store.js";
import { headCell, cell, badge, setBadge, bar, setBar, panel, figure, link, crumbs, actions, order, chips,
  taskHref, jobHref, fileHref, pilotHref, datasetHref, empty, GLYPHS } from "./parts.js";
import { VirtualList, PagedItems } from "./virtual.js";
import { stepsOf, suppression } from "./charts.js";
import { explain, reasonRow } from "./view-overview.js";

const JOB_STATES = ["waiting", "ready", "running", "done", "failed"];

export function task({ parts: [name], search, go, retitle }) {
  const node = h("div.view", {}, h("p.loading", {}, "Loading…"));
  let inner = null, gone = false;
  get(url("tasks", name)).then((page) => {
    if (gone) return;
    store.take(page);
    inner = isChain(page) ? chainView(name, page) : taskView(name, page, search, go);
    replace(node, inner.node);
    inner.update();
  }, (problem) => {
    retitle(name);
    replace(node, h("h1", {}, name), h("p.problem", { role: "alert" }, problem.message),
      link("/ui/tasks", "All tasks"));
  });
  return { node, title: name, update: (tick) => inner?.update(tick), search: (values) => inner?.search?.(values), destroy: () => {
    gone = true;
    inner?.destroy?.();
  } };
}

/** The head that tasks and chains share. */
function headOf(name, page) {
  const state = badge(page.state), line = bar(), words = h("p.progress-words"), buttons = actions(page), reason = h("p.reason-line", { hidden: true });
  const node = h("div.task-head", {}, h("div.view-head", {}, h("h1.name", {}, name), state, buttons.node),
    reason, line, words);
  return { node, update(now) {
    if (state.dataset.state !== now.state && state.dataset.state
      && node.isConnected) say(`${name} is ${now.state}`);
    setBadge(state, now.state);
    setBar(line, now.jobs, name);
    buttons.update(now);
    text(reason, now.reason);
    reason.hidden = !now.reason;
    const { jobs } = now, speed = store.rate(now), left = store.left(now);
    const rest = jobs.total - jobs.done - jobs.failed - (jobs.running ?? 0) - (jobs.ready ?? 0);
    replaceWords(words, [
      ["done", `${count(jobs.done)} done`], jobs.failed ? ["failed", `${count(jobs.failed)} failed`] : null,
      jobs.running ? ["running", `${count(jobs.running)} running`] : null,
      jobs.ready ? ["ready", `${count(jobs.ready)} ready`] : null,
      rest > 0 ? ["waiting", `${count(rest)} wait`] : null,
      [null, `of ${count(jobs.total)}${jobs.open ? ", and more may come" : ""}`],
      speed ? [null, rate(speed)] : null, left !== null ? [null, `${span(left)} left`] : null,
    ]);
  } };
}

function replaceWords(node, list) {
  keyed(node, list.filter(Boolean).map(([state, words], at) => ({ state, words, at })),
    (one) => `${one.state} ${one.at}`,
    ({ state }) => h("span.progress-part", {},
      state && h("span.glyph", { "data-state": state, "aria-hidden": "true" }, GLYPHS[state]), h("span")),
    (part, { words }) => text(part.lastChild, words));
}

function figuresOf() {
  const all = { files: figure("Output files"), bytes: figure("Output size"), cpu: figure("Processor time"),
    run: figure("Mean run time"), memory: figure("Peak memory"), attempts: figure("Attempts"),
    events: figure("Events"), owner: figure("Owner") };
  return { node: h("dl.figures.small", {}, Object.values(all).map((one) => one.node)), update(page) {
    all.files.set(count(page.outputs?.files));
    all.bytes.set(bytes(page.outputs?.bytes));
    all.cpu.set(span(page.cpu),
      page.runTime && page.resources ? `${Math.round((100 * page.cpu) / (page.runTime * page.resources.cpus))} % of what it held` : "");
    const ended = Math.max(1, page.jobs.done + page.jobs.failed);
    all.run.set(page.runTime ? span(page.runTime / Math.max(1, page.attempts ?? ended)) : "–",
      page.resources ? `limit ${span(page.resources.wall)}` : "");
    all.memory.set(bytes(page.peakMemory || undefined),
      page.resources ? `limit ${bytes(page.resources.memory)}` : "");
    const again = Object.values(page.failedAttempts ?? {}).reduce((sum, n) => sum + n, 0);
    all.attempts.set(count(page.attempts), again ? `${count(again)} failed` : "");
    const into = page.report?.eventsIn ?? page.eventsIn, out = page.report?.eventsOut
      ?? page.eventsOut, less = page.suppression ?? suppression(page.report);
    all.events.node.hidden = into === undefined;
    all.events.set(`${compact(into)} → ${compact(out)}`, less ? `1 in ${compact(+less.toPrecision(3))}` : "");
    all.owner.set(page.owner, `accepted ${clock(page.accepted, false)}`);
  } };
}

function tabs(list, now, choose) {
  const buttons = list.map(([key, words]) => h("button.tab",
    { type: "button", role: "tab", id: `tab-${key}`, "aria-controls": "tab-panel",
      "aria-selected": String(key === now), tabindex: key === now ? 0 : -1, onclick: () => select(key) },
    words, h("span.tab-count")));
  const select = (key, focus = false) => {
    for (const button of buttons) {
      const on = button.id === `tab-${key}`;
      button.setAttribute("aria-selected", String(on));
      button.tabIndex = on ? 0 : -1;
      if (on && focus) button.focus();
    }
    choose(key);
  };
  const node = h("div.tabs", { role: "tablist", "aria-label": "Parts of the task", onkeydown: (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = buttons.findIndex((button) => button.getAttribute("aria-selected") === "true");
    select(list[(at + step + list.length) % list.length][0], true);
  } }, buttons);
  return { node, select,
    count: (key, n) => text(buttons[list.findIndex(([one]) => one === key)].lastChild, n ? compact(n) : "") };
}

function taskView(name, page, search, go) {
  const head = headOf(name, page), figures = figuresOf(), why = h("div.why-box",
    { role: "note", hidden: true });
  const body = h("div.tab-panel", { id: "tab-panel", role: "tabpanel", tabindex: -1 });
  let at = search.get("tab") ?? "jobs", state = search.get("state") ?? "", shown = null;
  const strip = tabs([["jobs", "Jobs"], ["failures", "Failures"], ["outputs", "Outputs"],
    ["explain", "Explain"], ["request", "Request"]], at, (key) => {
    at = key;
    address();
    open();
  });
  const node = h("div", {},
    crumbs(["Tasks", "/ui/tasks"], ...(page.chain ? [[page.chain, taskHref(page.chain)]] : []), [name]),
    head.node, why, figures.node, strip.node, body);
  const address = () => go(query(taskHref(name), { tab: at === "jobs" ? "" : at, state }), { replace: true });
  const makers = {
    jobs: () => jobsTab(name, state, (next) => {
      state = next;
      address();
    }),
    failures: () => failuresTab(name), outputs: () => outputsTab(name),
    explain: () => {
      const into = h("div");
      explain(name, into);
      return { node: into };
    },
    request: () => ({ node: h("pre.json", { tabindex: 0, "aria-label": "Request" },
      JSON.stringify(page.request, null, 2)) }),
  };

  function open() {
    shown?.destroy?.();
    if (!makers[at]) at = "jobs";
    shown = makers[at]();
    attr(body, "aria-labelledby", `tab-${at}`);
    replace(body, shown.node);
  }
  open();

  let last = null;
  return { node, search(values) {
    const next = values.get("tab") ?? "jobs";
    state = values.get("state") ?? "";
    if (next !== at) strip.select(next);
    else open();
  }, update(tick) {
    const now = store.tasks.get(name) ?? page;
    head.update(now);
    if (now !== last) {
      figures.update(now);
      strip.count("failures", now.jobs.failed);
      strip.count("outputs", now.outputs?.files);
      strip.count("jobs", now.jobs.total);
      const waits = ENDED.has(now.state) ? [] : now.waits
        ?? (now.lacks ? [`${now.lacks} lacks files: retry the jobs that were to make them, or release`]
          : now.waitsFor ? [`waits for the dataset ${now.waitsFor}`] : []);
      why.hidden = !waits.length;
      keyed(why, waits, (words) => words, (words) => h("p", {}, words));
    }
    shown?.update?.(now !== last, tick);
    last = now;
  }, destroy: () => shown?.destroy?.() };
}

/** The jobs of a task: paged, filtered by state, brought up to date while the task is in work. */
function jobsTab(name, state, choose) {
  let stale = false, last = performance.now();
  const address = (cursor) => query(url("tasks", name, "jobs"), { state, cursor, limit: 200 });
  const items = new PagedItems((cursor) => get(address(cursor)), () => draw(), (job) => job.index);
  const note = h("p.list-note", { role: "status" }, "Loading…");
  const filter = chips("Jobs that are", [["", "All"], ...JOB_STATES.map((one) => [one, one, GLYPHS[one]])], state, (key) => {
    state = key;
    choose(key);
    items.reset();
  });
  const number = h("input",
    { type: "text", inputmode: "numeric", id: "job-number", placeholder: "Number", size: 8,
      autocomplete: "off", pattern: "[0-9]{1,8}" });
  const jump = h("form.jump", { onsubmit: (event) => {
    event.preventDefault();
    if (/^\d{1,8}$/.test(number.value)) link(jobHref(name, Number(number.value)), "").click();
  } }, h("label.visually-hidden", { for: "job-number" }, "Job's number"), number, h("button", { type: "submit" }, "Open"));
  const list = new VirtualList({ label: `Jobs of ${name}`, className: "jobs", near: () => items.more(),
    columns: [headCell("c-index", "Job"), headCell("c-state", "State"), headCell("c-tries", "Attempts"),
      headCell("c-wall", "Run time"),
      headCell("c-pilot", "Pilot"), headCell("c-cause", "Cause"), headCell("c-reason", "Reason")],
    create: () => h("div", {}, cell("c-index", h("a")), cell("c-state", badge("waiting")), cell("c-tries"),
      cell("c-wall"),
      cell("c-pilot", h("a.name")), cell("c-cause"), cell("c-reason")),
    update: (row, index) => {
      const one = items.items[index];
      if (!one || row.item === one) return;
      row.item = one;
      const [a, b, c, d, e, f, g] = row.children;
      text(a.firstChild, one.index);
      a.firstChild.href = jobHref(name, one.index);
      setBadge(b.firstChild, one.state);
      text(c, one.attempts || "");
      text(d, one.wallMs !== undefined ? span(one.wallMs / 1000) : "");
      text(e.firstChild, one.pilot ?? "");
      attr(e.firstChild, "href", one.pilot ? pilotHref(one.pilot) : null);
      text(f, one.cause);
      text(g, one.reason?.split("\n").pop());
      attr(g, "title", one.reason);
    } });
  const again = h("button", { type: "button", hidden: true, onclick: () => {
    items.failed = null;
    items.more();
  } }, "Try again");
  const node = h("div", {}, h("div.filters", {}, filter, jump), note, list.node, again);

  function draw() {
    again.hidden = !items.failed;
    text(note, items.failed ? `The jobs could not be read: ${items.failed.message}`
      : items.items.length ? `${plural(items.items.length, "job")}${items.done ? "" : " so far; scroll for more"}` : items.done ? "No such jobs." : "Looking for them…");
    list.set(items.items.length);
  }
  items.reset();
  return { node, destroy: () => list.destroy(), update(changed, tick) {
    stale ||= changed;
    // A listing is asked for again every two seconds at most, and only the pages near its top.
    if (tick && stale && performance.now() - last > 2000 && items.items.length <= 1000) {
      stale = false;
      last = performance.now();
      items.renew();
    }
  } };
}

function failuresTab(name) {
  const node = h("div", {}, h("p.list-note", {}, "Loading…"));
  let last = 0, shown = "";
  const load = async () => {
    last = performance.now();
    try {
      const { items } = await get(url("tasks", name, "failures"));
      const key = JSON.stringify(items);
      if (key === shown) return;
      shown = key;
      const causes = new Map();
      for (const one of items) causes.set(one.cause, [...(causes.get(one.cause) ?? []), one]);
      replace(node, items.length ? [...causes].map(([cause, list]) => h("section.failure", {},
        h("h2", {}, cause,
          h("span.muted", {}, ` ${plural(list.reduce((sum, one) => sum + one.jobs, 0), "job")}`),
          h("button.quiet", { type: "button", onclick: () => order(name, "retry", { cause }) },
            `retry those of ${cause}`)),
        h("ul.reason-list", {}, list.map((one) => reasonRow({ task: name, ...one }, true))))) : empty("No job has failed."));
    } catch (problem) {
      replace(node, h("p.problem", {}, problem.message));
    }
  };
  load();
  return { node, update: (changed) => changed && performance.now() - last > 3000 && load() };
}

function outputsTab(name) {
  const files = fileList(`Output files of ${name}`,
    (cursor) => get(query(url("tasks", name, "outputs"), { cursor, limit: 200 })),
    "No file has been made yet.");
  let last = performance.now();
  return { ...files, update(changed) {
    if (changed && performance.now() - last > 3000 && files.items.items.length <= 1000) {
      last = performance.now();
      files.items.renew();
    }
  } };
}

/** A list of catalogue lines. */
export function fileList(label, fetchPage, none) {
  const note = h("p.list-note", { role: "status" }, "Loading…");
  const items = new PagedItems(fetchPage, () => {
    text(note,
      items.failed ? items.failed.message : items.items.length
        ? `${plural(items.items.length, "file")}${items.done ? "" : " so far; scroll for more"}` : none);
    list.set(items.items.length);
  });
  const list = new VirtualList({ label, className: "files", near: () => items.more(),
    columns: [headCell("c-path", "File"), headCell("c-size", "Size"), headCell("c-from", "Made by"),
      headCell("c-events", "Events")],
    create: () => h("div", {}, cell("c-path", h("a.path")), cell("c-size"), cell("c-from", h("a.name")),
      cell("c-events")),
    update: (row, index) => {
      const one = items.items[index];
      if (!one || row.item === one) return;
      row.item = one;
      const [a, b, c, d] = row.children;
      text(a.firstChild, one.path);
      a.firstChild.href = fileHref(one.path);
      a.firstChild.title = one.path;
      text(b, bytes(one.size) + (one.files !== undefined ? `, ${plural(one.files, "file")}` : ""));
      const job = one.origin?.job && /^(.+)\.(\d{8})$/.exec(one.origin.job);
      text(c.firstChild,
        one.origin?.job ?? (one.origin?.watch ? `watch of ${one.origin.watch}` : one.origin?.manifest ?? ""));
      attr(c.firstChild, "href", job ? jobHref(job[1], Number(job[2])) : null);
      text(d, one.report?.eventsOut !== undefined ? compact(one.report.eventsOut) : "");
    } });
  items.more();
  return { node: h("div", {}, note, list.node), items, destroy: () => list.destroy() };
}

// Chains.

function chainFigures() {
  const all = { files: figure("Made at the end"), events: figure("Events"), less: figure("Suppression"),
    cpu: figure("Processor time"), run: figure("Since the start"), failed: figure("Failed jobs"),
    owner: figure("Owner") };
  return { node: h("dl.figures.small", {}, Object.values(all).map((one) => one.node)), update(page) {
    const feeds = new Set(stepsOf(page.request, page).flatMap((one) => one.from));
    const ends = page.steps.filter((step) => !feeds.has(step.name));
    all.files.set(plural(ends.reduce((sum, step) => sum + step.outputs.files, 0), "file"),
      bytes(ends.reduce((sum, step) => sum + step.outputs.bytes, 0)));
    all.events.set(page.eventsIn === undefined ? "–" : compact(page.eventsIn),
      page.eventsOut === undefined ? "" : `${compact(page.eventsOut)} came out`);
    all.less.set(page.suppression ? `1 in ${compact(+page.suppression.toPrecision(3))}` : "–");
    all.cpu.set(span(page.cpu));
    all.run.set(page.started ? span(((page.ended ?? Date.now()) - page.started) / 1000) : "–",
      page.ended ? `ended ${clock(page.ended)}` : clock(page.started));
    all.failed.set(count(page.jobs.failed), "", page.jobs.failed ? "failed" : null);
    all.owner.set(page.owner, `accepted ${clock(page.accepted, false)}`);
  } };
}

const NODE_W = 216, NODE_H = 116, GAP_X = 124, GAP_Y = 28;

function chainView(name, page) {
  const head = headOf(name, page), figures = chainFigures(), graph = chainGraph(page);
  const rows = h("tbody");
  const table = h("div.table-scroll", { tabindex: 0, role: "region", "aria-label": "Table of steps" }, h("table.steps-table", {}, h("caption.visually-hidden", {}, `Steps of ${name}`),
    h("thead", {},
      h("tr", {},
        ["Step", "State", "Jobs", "Failed", "Files", "Size", "Events in", "Events out", "One in",
          "Mean run time",
          "Peak memory"].map((words, at) => h("th", { scope: "col", class: at > 1 ? "num" : "" }, words)))),
    rows));
  const request = h("details.raw", {}, h("summary", {}, "Request"),
    h("pre.json", { tabindex: 0, "aria-label": "Request" }, JSON.stringify(page.request, null, 2)));
  const node = h("div", {}, crumbs(["Tasks", "/ui/tasks"], [name]), head.node, figures.node,
    h("section.panel", { "aria-label": "Graph of the chain" }, graph.node), panel("Steps", {}, table),
    failedOf(page), request);
  let last = null;
  return { node, destroy: graph.destroy, update() {
    const now = store.tasks.get(name) ?? page;
    head.update(now);
    if (now === last) return;
    last = now;
    figures.update({ ...now, request: page.request });
    graph.update(now);
    keyed(rows, now.steps, (step) => step.name,
      (step) => h("tr", {}, h("th", { scope: "row" }, link(taskHref(step.task), step.name)),
        h("td", {}, badge(step.state)), ...Array.from({ length: 9 }, () => h("td.num"))),
      (row, step) => {
        setBadge(row.children[1].firstChild, step.state);
        const less = suppression(step.report);
        [`${count(step.jobs.done)} / ${count(step.jobs.total)}`, step.jobs.failed || "",
          count(step.outputs.files), bytes(step.outputs.bytes), compact(step.report.eventsIn),
          compact(step.report.eventsOut),
          less ? compact(+less.toPrecision(3)) : "–",
          step.attempts ? span(step.runTime / step.attempts) : "–",
          bytes(step.peakMemory || undefined)].forEach((words, at) => text(row.children[at + 2], words));
      });
  } };

  function failedOf() {
    const list = h("ul.failed-list"), box = panel("Jobs that failed for good", {}, list);
    box.hidden = true;
    const update = graph.update;
    graph.update = (now) => {
      update(now);
      const all = now.steps.flatMap((step) => (step.failedJobs ?? []).slice(0, 20).map((one) => ({ ...one,
        task: step.task })));
      box.hidden = !all.length;
      keyed(list, all, (one) => one.job,
        (one) => h("li", {},
          link(`${jobHref(one.task, Number(one.job.slice(-8)))}?log=err`, one.job, { class: "name" }),
          one.input ? [" of ", link(fileHref(one.input), one.input, { class: "path" })] : null));
    };
    return box;
  }
}

/** Steps as cards in layers, with what flows between them on the arrows. */
function chainGraph(page) {
  const arrows = s("svg.arrows", { "aria-hidden": "true" }), cards = h("ol.step-cards",
    { "aria-label": "Steps, in the order of the graph" }), labels = h("div", { "aria-hidden": "true" });
  const inner = h("div.graph-inner", {}, arrows, labels, cards), node = h("div.graph",
    { tabindex: 0, role: "group", "aria-label": "Graph, scrolls sideways" }, inner);
  const steps = stepsOf(page.request, page), byName = new Map(steps.map((one) => [one.name, one]));
  const depthOf = (one, seen = new Set()) => {
    if (seen.has(one.name)) return 0;
    seen.add(one.name);
    return (one.depth ??= one.from.length ? 1 + Math.max(...one.from.map((from) => depthOf(byName.get(from),
      seen))) : 0);
  };
  steps.forEach((one) => depthOf(one));
  const sources = new Map();
  for (const one of steps) for (const given of one.datasets.length ? one.datasets : one.from.length ? []
    : one.words ? [one.words] : []) {
    const key = given;
    if (!sources.has(key)) sources.set(key,
      { source: key, dataset: one.datasets.includes(given), depth: -1, to: [] });
    sources.get(key).to.push(one.name);
  }
  const layers = new Map();
  for (const one of [...sources.values(), ...steps]) layers.set(one.depth,
    [...(layers.get(one.depth) ?? []), one]);
  let tall = false;

  function layout() {
    const depths = [...layers.keys()].sort((a, b) => a - b), hasSource = depths[0] === -1, across = depths.length;
    const room = node.clientWidth || 1000;
    // As many columns as there are layers; where they do not fit, the graph goes downwards.
    let gap = GAP_X, width = NODE_W;
    const first = 120;
    const need = (g, w) => (hasSource ? first + g + (across - 1) * w + (across - 2) * g
      : across * w + (across - 1) * g);
    if (need(gap, width) > room) gap = 96;
    if (need(gap, width) > room) width = 170;
    const steps = across - (hasSource ? 1 : 0);
    if (need(gap, width) < room) width = Math.min(250,
      width + Math.floor((room - need(gap, width)) / steps / 2));
    if (need(gap, width) < room && across > 1) gap = Math.min(180,
      gap + Math.floor((room - need(gap, width)) / (across - 1)));
    tall = room < 700;
    node.classList.toggle("tall", tall);
    const most = Math.max(...[...layers.values()].map((list) => list.length));
    let run = 0;
    for (const depth of depths) {
      const list = layers.get(depth);
      list.forEach((one, at) => {
        one.w = tall ? Math.min(300, room - 8) : depth === -1 ? first : width;
        one.h = one.source ? 46 : NODE_H;
        if (tall) {
          one.x = 4;
          one.y = run;
          run += one.h + (at < list.length - 1 ? 14 : 56);
        } else {
          one.x = depth === -1 ? 0 : (hasSource ? first + gap : 0) + depth * (width + gap);
          one.y = ((most - list.length) * (NODE_H + GAP_Y)) / 2 + at * (NODE_H + GAP_Y) + (NODE_H - one.h) / 2;
        }
      });
    }
    const wide = tall ? room : Math.max(...[...layers.values()].flat().map((one) => one.x + one.w)) + 2;
    const high = tall ? run - 56 + 6 : most * (NODE_H + GAP_Y) - GAP_Y + 2;
    inner.style.width = `${wide}px`;
    inner.style.height = `${high}px`;
    attr(arrows, "viewBox", `0 0 ${wide} ${high}`);
    attr(arrows, "width", wide);
    attr(arrows, "height", high);
  }

  const edges = () => {
    const list = [];
    for (const one of steps) {
      for (const from of one.from) list.push({ key: `${from} ${one.name}`, from: byName.get(from), to: one });
    }
    for (const source of sources.values()) for (const to of source.to) list.push({
      key: `@${source.source} ${to}`, from: source, to: byName.get(to) });
    return list;
  };

  let now = page;
  function draw() {
    const of = new Map(now.steps.map((step) => [step.name, step]));
    keyed(cards, [...sources.values(), ...steps], (one) => one.name ?? `@${one.source}`, card, (node, one) => {
      node.style.transform = `translate(${one.x}px, ${one.y}px)`;
      node.style.width = `${one.w}px`;
      node.style.height = `${one.h}px`;
      if (!one.source) fillCard(node, of.get(one.name), byName.get(one.name));
    });
    const list = edges();
    keyed(arrows, list, (one) => one.key, () => s("path.arrow"), (path, { from, to }) => {
      const [x1, y1, x2, y2] = tall ? [from.x + 40, from.y + from.h, to.x + 40, to.y] : [from.x + from.w,
        from.y + from.h / 2, to.x, to.y + to.h / 2];
      const bend = tall ? (y2 - y1) / 2 : (x2 - x1) / 2;
      attr(path, "d",
        tall ? `M${x1},${y1}C${x1},${y1 + bend} ${x2},${y2 - bend} ${x2},${y2 - 3}`
          : `M${x1},${y1}C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2 - 3},${y2}`);
      const files = from.source ? store.datasets.get(from.source)?.files ?? 0
        : of.get(from.name)?.outputs.files ?? 0;
      attr(path, "stroke-width", (1.5 + Math.min(5, Math.log10(1 + files))).toFixed(2));
      const step = of.get(to.name);
      attr(path, "data-flow", step.state === "active" && (step.jobs.running ?? 0) > 0 ? "on" : null);
    });
    keyed(labels, list, (one) => one.key, () => h("div.flow", {}, h("strong"), h("span"), h("span")), (label, { from, to }) => {
      const step = from.source ? null : of.get(from.name), set = from.source
        ? store.datasets.get(from.source) : null;
      const files = step?.outputs.files ?? set?.files, size = step?.outputs.bytes
        ?? set?.bytes, events = step?.report.eventsOut
          ?? (from.source ? of.get(to.name)?.report.eventsIn : undefined);
      text(label.children[0], files !== undefined ? `${compact(files)} files` : "");
      text(label.children[1], size !== undefined ? bytes(size) : "");
      text(label.children[2], events !== undefined ? `${compact(events)} ev.` : "");
      const [x, y] = tall ? [from.x + 62, from.y + from.h + 6] : [(from.x + from.w + to.x) / 2,
        (from.y + from.h / 2 + to.y + to.h / 2) / 2];
      label.style.transform = tall ? `translate(${x}px, ${y}px)`
        : `translate(${x}px, ${y}px) translate(-50%, -50%)`;
    });
  }

  function card(one) {
    if (one.source) return h("li.source-card", {},
      h("span.source-kind", {}, one.dataset ? "dataset" : "input"),
      one.dataset ? link(datasetHref(one.source), one.source, { class: "name" }) : h("span.name", {}, one.source));
    const step = one.step;
    return h("li.step-card", {},
      h("div.step-head", {}, link(taskHref(step.task), step.name, { class: "name" }), badge(step.state)),
      bar(), h("div.step-words", {}, h("span"), h("span.step-running"), h("span.count-failed")),
      h("div.step-less"), h("div.step-after"));
  }

  function fillCard(node, step) {
    node.dataset.state = step.state;
    setBadge(node.firstChild.lastChild, step.state);
    setBar(node.children[1], step.jobs, step.name);
    const { jobs } = step;
    const [done, runs, bad] = node.children[2].children;
    text(done, `${compact(jobs.done)} / ${compact(jobs.total)}`);
    text(runs, jobs.running ? `▶ ${compact(jobs.running)}` : "");
    text(bad, jobs.failed ? `✕ ${compact(jobs.failed)}` : "");
    const less = suppression(step.report);
    text(node.children[3],
      less ? (less < 1.005 ? "keeps all events" : `keeps 1 in ${compact(+less.toPrecision(3))}`)
        : step.report.eventsIn ? `${compact(step.report.eventsIn)} events in` : "");
    const page = store.tasks.get(step.task), left = page && store.left(page);
    attr(node.children[4], "title", page?.waits?.[0] ?? step.reason);
    text(node.children[4], step.state === "active" && page ? [store.rate(page) ? rate(store.rate(page)) : "",
      left ? `${span(left)} left` : ""].filter(Boolean).join(" · ")
      : page?.waits?.length && !ENDED.has(step.state) ? page.waits[0] : step.waitsFor
        ? `waits for ${step.waitsFor}` : step.lacks ? `${step.lacks} lacks files` : step.reason
          ?? (step.ended ? `ended ${ago(step.ended)}` : ""));
  }

  const redraw = () => {
    layout();
    draw();
  };
  const sizes = new ResizeObserver(redraw);
  sizes.observe(node);
  return { node, destroy: () => sizes.disconnect(), update(next) {
    now = next;
    if (!steps[0].w) layout();
    draw();
  } };
}
