// The page of a job: its attempts as a timeline, its files, its log.

import { h, text, attr, replace, toast } from "./dom.js";
import { count, bytes, span, clock, jobName } from "./format.js";
import { get, url, query, request } from "./api.js";
import { Stream } from "./stream.js";
import { store } from "./store.js";
import { badge, setBadge, panel, link, crumbs, chips, details, taskHref, jobHref, fileHref, pilotHref, empty,
  order } from "./parts.js";

const TAIL = 256 * 1024, MOST_LOG = 4 * 1024 * 1024;

export function job({ parts: [task, number], search, go }) {
  const index = Number(number), name = jobName(task, index);
  let data = null, attempt = Number(search.get("attempt")) || null, logKind = search.get("log")
    ?? "out", log = null, loads = 0;
  const state = badge("waiting"), tries = h("div.tries"), facts = h("section.panel",
    { "aria-label": "The attempt" }), files = h("div.provenance"), logBox = h("div");
  const retry = h("button", { type: "button", hidden: true, onclick: async () => {
    retry.disabled = true;
    await order(task, "retry", { jobs: String(index) });
    retry.disabled = false;
    load();
  } }, "Retry this job");
  const node = h("div.view", {},
    crumbs(["Tasks", "/ui/tasks"], ...crumbOfChain(task), [task, taskHref(task)], [`job ${index}`]),
    h("div.view-head", {}, h("h1.name", {}, name), state, h("div.actions", { role: "group", "aria-label": "Actions" }, retry,
      index > 0 && link(jobHref(task, index - 1), "← previous", { class: "button" }),
      link(jobHref(task, index + 1), "next →", { class: "button" }))),
    panel("Attempts", {}, tries), facts, panel("Log", {}, logBox), panel("Files", {}, files));

  const stream = new Stream({ task, event: (kind, line) => {
    if (kind === "attempt" && line?.job === name) load();
    else if (kind === "task" && data?.state !== "done" && data?.state !== "failed") soon();
    else if (kind === "reset") load();
  }, state: () => {} });
  let waiting = null, nextAt = 0;
  function soon() {
    if (waiting) return;
    waiting = setTimeout(() => {
      waiting = null;
      load();
    }, Math.max(0, nextAt - Date.now()));
  }

  async function load() {
    const turn = ++loads;
    nextAt = Date.now() + 1500;
    try {
      const next = await get(url("tasks", task, "jobs", String(index)));
      if (turn !== loads) return;
      data = next;
      draw();
    } catch (problem) {
      if (turn !== loads || data) return;
      replace(node, h("h1", {}, name), h("p.problem", { role: "alert" }, problem.message),
        link(taskHref(task), "The task"));
    }
  }

  /** Attempts of the ledger, and the one that runs. */
  function attempts() {
    const list = data.attempts.filter((line) => line.job !== undefined || line.attempt).map((line) => ({ ...line }));
    const now = data.document && !data.document.result ? data.document.attempt : null;
    if (data.state === "running" && !list.some((line) => line.outcome === "running")) {
      list.push({ attempt: now ?? (list.at(-1)?.attempt ?? 0) + 1, outcome: "running", pilot: data.pilot,
        started: data.started ?? null });
    }
    return list;
  }

  function draw() {
    setBadge(state, data.state);
    retry.hidden = data.state !== "failed";
    const list = attempts();
    if (!list.some((one) => one.attempt === attempt)) attempt = null;
    const now = list.find((one) => one.attempt === attempt) ?? list.at(-1);
    timeline(tries, list, now, (next) => {
      attempt = next;
      address();
      draw();
    });
    replace(facts, now ? factsOf(now) : null);
    facts.hidden = !now;
    drawFiles();
    const key = now ? `${now.attempt} ${logKind} ${now.outcome === "running"}` : "none";
    if (log?.key === key) return;
    // An attempt that has ended keeps the text that was followed.
    if (log && now && log.key === `${now.attempt} ${logKind} true`) return void (log.key = key);
    log?.close();
    log = now ? logView(task, index, now, logKind, (kind) => {
      logKind = kind;
      address();
      draw();
    }) : { node: empty("The job has not begun yet."), close: () => {} };
    log.key = key;
    replace(logBox, log.node);
  }

  const address = () => go(
    query(jobHref(task, index), { attempt: attempt ?? "", log: logKind === "out" ? "" : logKind }),
    { replace: true });

  function factsOf(now) {
    const pilot = now.pilot && link(pilotHref(now.pilot), now.pilot, { class: "name" });
    const out = details([
      ["Attempt", String(now.attempt)], ["Pilot", pilot], ["Host", now.host],
      ["Started", now.started && clock(now.started)], ["Ended", now.ended && clock(now.ended)],
      ["Run time", now.started && now.ended ? span((now.ended - now.started) / 1000) : null],
      ["Exit code", now.exit !== undefined ? String(now.exit) : null],
      ["Signal", now.signal && String(now.signal)],
      ["Counted as", now.class === "ok" ? null : now.class],
      ["Processor time", now.cpu !== undefined ? span(now.cpu) : null],
      ["Peak memory", now.memory ? bytes(now.memory) : null],
      ["Next attempt", now.retryAt && clock(now.retryAt)],
      ...Object.entries(now.report ?? {}).map(([key, value]) => [key, count(value)]),
    ]);
    const command = data.document?.command;
    return h("div.facts", {},
      now.reason ? h("div.reason-box", { role: "note" }, h("strong", {}, now.outcome),
        h("pre.reason", {}, now.reason)) : null, out,
      command ? h("details.raw", {}, h("summary", {}, "Command"),
        h("pre.json", { tabindex: 0, "aria-label": "Command" }, command.map(quoted).join(" \\\n  "))) : null);
  }

  function drawFiles() {
    const inputs = data.inputs ?? [], outputs = data.outputs ?? [];
    const key = JSON.stringify([inputs, outputs]);
    if (files.key === key) return;
    files.key = key;
    const column = (title, list, none) => h("div.prov-column", {},
      h("h3", {}, title, h("span.muted", {}, list.length ? ` ${count(list.length)}` : "")),
      list.length ? h("ul", {},
        list.slice(0, 200).map((one) => h("li.prov-file", {},
          link(fileHref(one.path), one.path, { class: "path" }),
          h("span.muted", {}, one.size !== undefined ? bytes(one.size) : "")))) : empty(none));
    replace(files, column("Read", inputs, "No input files."),
      h("div.prov-job", {}, h("span.muted", {}, "job"), h("strong", {}, String(index))),
      column("Made", outputs, "No files yet."));
  }

  load();
  return { node, title: name, destroy: () => {
    stream.close();
    clearTimeout(waiting);
    log?.close();
  }, search: (values) => {
    attempt = Number(values.get("attempt")) || null;
    logKind = values.get("log") ?? "out";
    if (data) draw();
  }, update: (tick) => {
    if (tick && data?.state === "running") timelineNow(tries);
  } };
}

function crumbOfChain(task) {
  const chain = store.tasks.get(task)?.chain;
  return chain ? [[chain, taskHref(chain)]] : [];
}

const quoted = (word) => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** Attempts as rows over one axis of time; the waits between them are dashed. */
function timeline(node, list, now, choose) {
  if (!list.length) return replace(node, empty("No attempt has been made yet."));
  // The start of an attempt that runs is not told; it is behind the earlier ones, and before it was first seen here.
  node.seen ??= Date.now();
  for (const one of list) if (one.outcome === "running") one.started ??= list.find((other) => other.attempt === one.attempt - 1)?.retryAt ?? node.seen;
  const starts = list.map((one) => one.started ?? one.registered).filter(Boolean);
  const from = starts.length ? Math.min(...starts)
    : Date.now(), running = list.some((one) => one.outcome === "running");
  const to = Math.max(running ? Date.now() : 0,
    ...list.map((one) => Math.max(one.ended ?? 0, one.registered && !one.final ? one.retryAt ?? 0 : 0,
      one.registered ?? 0)), from + 1);
  const share = (at) => (100 * (at - from)) / (to - from);
  node.range = { from };
  const key = list.map((one) => `${one.attempt}${one.outcome}`).join() + now?.attempt;
  if (node.key === key && !running) return;
  node.key = key;
  const focused = node.contains(document.activeElement);
  replace(node, h("ol.timeline", {}, list.map((one) => {
    const start = one.started ?? one.registered ?? from, end = one.ended
      ?? (one.outcome === "running" ? to : one.registered ?? start);
    const bad = one.outcome !== "ok" && one.outcome !== "running", state = one.outcome === "running"
      ? "running" : bad ? "failed" : "done";
    const run = h("span.try-run", { "data-state": state });
    run.style.left = `${share(start)}%`;
    run.style.width = `max(4px, ${share(end) - share(start)}%)`;
    let pause = null;
    if (one.retryAt && !one.final) {
      pause = h("span.try-wait");
      pause.style.left = `${share(end)}%`;
      pause.style.width = `${Math.max(0, share(one.retryAt) - share(end))}%`;
    }
    const length = one.started && (one.ended || one.outcome === "running")
      ? span(((one.ended ?? Date.now()) - one.started) / 1000) : "";
    return h("li", {}, h("button.try", { type: "button", "aria-pressed": String(one.attempt === now?.attempt), onclick: () => choose(one.attempt),
      "aria-label": `Attempt ${one.attempt}: ${one.outcome}${length ? `, ${length}` : ""}${one.pilot ? `, on ${one.pilot}` : ""}` },
    h("span.try-name", {}, `a${one.attempt}`), badge(state),
    h("span.try-outcome", {}, one.outcome === "running" ? "" : one.outcome),
    h("span.try-track", {}, pause, run), h("span.try-time", {}, length),
    h("span.try-pilot", {}, one.pilot ?? "")));
  })), h("div.timeline-axis", { "aria-hidden": "true" }, h("span", {}, clock(from)),
    h("span", {}, running ? "now" : clock(to))));
  if (focused) node.querySelector('[aria-pressed="true"]')?.focus();
}

function timelineNow(node) {
  const row = node.querySelector('.try-run[data-state="running"]')?.closest("button");
  const from = node.range?.from;
  if (row && from) attr(row, "data-running", "");
}

/** The log of an attempt: its end first, then followed while the attempt runs. */
function logView(task, index, attempt, kind, choose) {
  const address = url("tasks", task, "jobs", String(index), "log"), abort = new AbortController();
  const pre = h("pre.log",
    { tabindex: 0, role: "log", "aria-live": "off",
      "aria-label": kind === "err" ? "Standard error" : "Standard output" });
  const note = h("span.muted", { role: "status" }), jump = h("button",
    { type: "button", hidden: true, onclick: () => bottom(true) }, "↓ to the end");
  const wrap = h("label.check", {}, h("input", { type: "checkbox", checked: localStorage.getItem("spool-wrap") !== "off", onchange: (event) => {
    localStorage.setItem("spool-wrap", event.target.checked ? "on" : "off");
    pre.classList.toggle("nowrap", !event.target.checked);
  } }), " Wrap");
  pre.classList.toggle("nowrap", localStorage.getItem("spool-wrap") === "off");
  const whole = h("button", { type: "button", hidden: true, onclick: () => {
    whole.hidden = true;
    read({});
  } }, "Show all of it");
  const node = h("div.log-box", {}, h("div.filters", {}, chips("Stream",
    [["out", "Output"], ["err", "Errors"]], kind, choose), wrap,
    h("button", { type: "button", onclick: async () => {
      try {
        await navigator.clipboard.writeText(pre.textContent);
        toast("Copied");
      } catch {
        toast("The browser did not let the page copy", { kind: "error" });
      }
    } }, "Copy"), whole, jump, note), pre);
  let follow = true, held = 0;
  pre.addEventListener("scroll", () => {
    follow = pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 30;
    jump.hidden = follow;
  }, { passive: true });
  const bottom = (force) => {
    if (force) follow = true;
    if (follow) pre.scrollTop = pre.scrollHeight;
  };

  async function read(more) {
    pre.replaceChildren();
    held = 0;
    try {
      const running = attempt.outcome === "running";
      const response = await request(
        query(address, { attempt: attempt.attempt, stream: kind, follow: running ? "true" : "" }),
        { signal: abort.signal, headers: more });
      const range = /bytes (\d+)-\d+\/(\d+)/.exec(response.headers.get("Content-Range") ?? "");
      if (range && Number(range[1]) > 0) whole.hidden = false;
      text(note,
        running ? "following what it prints" : range && Number(range[1]) > 0
          ? `the last ${bytes(TAIL)} of ${bytes(Number(range[2]))}` : range ? bytes(Number(range[2])) : "");
      const reader = response.body.getReader(), decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        put(decoder.decode(value, { stream: true }));
      }
      if (!held) pre.append(h("span.muted", {},
        kind === "err" ? "Nothing was written to standard error." : "Nothing was printed."));
      text(note, running ? "the attempt has ended" : note.textContent);
    } catch (problem) {
      if (abort.signal.aborted) return;
      if (problem.status === 416) return read({});
      text(note, problem.status === 404 ? "" : problem.message);
      if (!held) pre.append(h("span.muted", {},
        problem.status === 404 ? "There is no log: the payload printed nothing, or its log is gone."
          : problem.message));
    }
  }

  /** Adds text, and lets the oldest go where there is too much of it. */
  function put(words) {
    if (!words) return;
    pre.append(document.createTextNode(words));
    held += words.length;
    while (held > MOST_LOG && pre.childNodes.length > 1) {
      held -= pre.firstChild.length;
      pre.firstChild.remove();
    }
    bottom();
  }
  read(attempt.outcome === "running" ? {} : { Range: `bytes=-${TAIL}` });
  return { node, close: () => abort.abort() };
}
