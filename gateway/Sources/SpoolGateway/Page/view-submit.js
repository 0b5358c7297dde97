// Submitting: a form made from the schema beside the JSON that it makes; either may be edited.

import { h, text, attr, replace, toast, say } from "./dom.js";
import { get, send, url, BASE, Problem } from "./api.js";
import { panel, link, chips, taskHref, datasetHref } from "./parts.js";
import { Schemas } from "./schema.js";
import { parseJson, pathKey, SEPARATOR, JsonError } from "./json-text.js";
import { WORDS, FIRST, HIDDEN, EXPECTED, PLACEHOLDERS, EXAMPLES } from "./fields.js";
import { store } from "./store.js";

let schemas = null;
const DRAFT = "spool-draft";

export function submit({ search, go }) {
  const node = h("div.view", {}, h("h1", {}, "Submit"), h("p.loading", {}, "Loading the schema…"));
  let editor = null, gone = false;
  const ready = schemas ? Promise.resolve()
    : get(`${BASE}/openapi.json`).then((api) => (schemas = new Schemas(api.components.schemas)));
  ready.then(() => {
    if (gone) return;
    editor = makeEditor(search, go);
    replace(node, editor.node);
  }, (problem) => replace(node, h("h1", {}, "Submit"),
    h("p.problem", { role: "alert" }, `The schema could not be read: ${problem.message}`)));
  return { node, destroy: () => {
    gone = true;
    editor?.destroy();
  } };
}

function makeEditor(search, go) {
  let doc = null, lines = new Map(), key = newKey(), served = null, sending = false;
  const form = h("form.request-form",
    { novalidate: true, onsubmit: (event) => (event.preventDefault(), post()) });
  const area = h("textarea.json-area",
    { id: "json", spellcheck: "false", autocomplete: "off", wrap: "off", rows: 24,
      "aria-describedby": "json-problems" });
  const gutter = h("div.gutter", { "aria-hidden": "true" });
  const problems = h("ul.problems", { id: "json-problems" }), status = h("p.check-line", { role: "status" });
  const button = h("button.primary", { type: "button", onclick: () => post() }, "Submit");
  const kinds = chips("Kind", [["task", "Task"], ["chain", "Chain"], ["dataset", "Dataset"]], "task",
    (kind) => example(kind));
  const picker = h("input",
    { type: "file", accept: ".json,application/json", id: "pick",
      onchange: async () => picker.files[0] && take(picker.files[0].name, await picker.files[0].text()) });
  const node = h("div.submit", {},
    h("div.view-head", {}, h("h1", {}, "Submit"), kinds, h("label.button", { for: "pick" }, "Open a file…"),
      picker),
    h("p.help", {}, "Fill the form, edit the JSON, or drop a .json file anywhere on the page."),
    h("div.submit-columns", {}, h("div", {}, form),
      h("div.json-side", {},
        panel("JSON", {},
          h("div.json-box", {}, gutter, h("label.visually-hidden", { for: "json" }, "Request as JSON"), area),
          h("div.submit-foot", {}, button, status), problems))));

  // What the form and the text both stand for.

  function setText(words, rebuild = true) {
    area.value = words;
    read(rebuild);
  }

  /** Reads the text; the form follows it. */
  function read(rebuild) {
    served = null;
    key = newKey();
    let broken = null;
    try {
      const whole = parseJson(area.value);
      ({ lines } = whole);
      doc = whole.value;
    } catch (problem) {
      if (!(problem instanceof JsonError)) throw problem;
      broken = problem;
    }
    try {
      sessionStorage.setItem(DRAFT, area.value);
    } catch {
      // A draft that is too large for the browser is not kept.
    }
    if (broken) return show([{ path: null, line: broken.line,
      message: `${broken.message} (column ${broken.column})` }]);
    if (rebuild) build();
    check();
  }

  /** Writes a value of the form into the text. */
  function put(path, value) {
    if (!doc || typeof doc !== "object" || Array.isArray(doc)) doc = {};
    doc = changed(doc, path, value);
    area.value = JSON.stringify(doc, null, 2);
    read(false);
  }

  const at = (path) => path.reduce((value, part) => value?.[part], doc);

  function kindOf() {
    return ["task", "chain", "dataset"].includes(doc?.kind) ? doc.kind : null;
  }

  function check() {
    const kind = kindOf();
    if (!kind) return show([{ path: ["kind"], message: 'must be "task", "chain" or "dataset"' }]);
    const found = schemas.check(doc, { $ref: `${kind}.schema.json` }, kind, EXPECTED);
    const seen = new Set();
    show([...found, ...beyond(kind)].filter((one) => {
      const id = `${pathKey(one.path)} ${one.message}`;
      return !seen.has(id) && seen.add(id);
    }));
  }

  /** What the schema does not say and the page knows: a name that is taken, a placeholder without its output. */
  function beyond(kind) {
    const out = [];
    const there = kind !== "dataset" && store.tasks.get(doc.name);
    if (there) out.push({ path: ["name"],
      message: `a task of this name is there; the same request is no error, another one is refused`,
      soft: true });
    if (kind === "chain" && Array.isArray(doc.steps)) {
      const names = doc.steps.map((step) => step?.name);
      names.forEach((name, index) => name && names.indexOf(name) < index && out.push({
        path: ["steps", index, "name"], message: "is the name of an earlier step" }));
    }
    const steps = kind === "task" ? [[[], doc]] : kind === "chain" && Array.isArray(doc.steps)
      ? doc.steps.map((step, index) => [["steps", index], step]) : [];
    for (const [path, step] of steps) {
      if (!Array.isArray(step?.command)) continue;
      const words = step.command.join(" ");
      if (/\{output\}/.test(words) && !(Array.isArray(step.outputs) && step.outputs.length)) out.push({
        path: [...path, "command"], message: "{output} stands for an output, and there is none" });
    }
    return out;
  }

  // Problems, each at its field and at its line.

  function show(found) {
    const errors = found.filter((one) => !one.soft);
    for (const box of form.querySelectorAll("[data-path]")) clear(box);
    const marked = new Map();
    for (const one of found) {
      one.line ??= one.path ? lineOf(one.path) : null;
      if (one.line) marked.set(one.line, one.soft ? marked.get(one.line) ?? "soft" : "hard");
      if (one.path) place(one);
    }
    number(marked);
    replace(problems, found.slice(0, 30).map((one) => h("li", { class: one.soft ? "soft" : "" }, h("button.problem-line", { type: "button", onclick: () => to(one) },
      one.line ? h("span.problem-at", {}, `line ${one.line}`) : null,
      one.path?.length ? h("code", {}, pathWords(one.path)) : null, h("span", {}, one.message)))));
    text(status,
      errors.length ? `${errors.length} ${errors.length === 1 ? "problem" : "problems"}` : served ? ""
        : "Ready to submit");
    status.dataset.state = errors.length ? "failed" : "done";
    attr(button, "aria-disabled", errors.length && !errors.every((one) => one.served) ? "true" : null);
  }

  function lineOf(path) {
    for (let length = path.length; length >= 0; length--) {
      const line = lines.get(pathKey(path.slice(0, length)));
      if (line) return line;
    }
    return null;
  }

  function boxOf(path) {
    for (let length = path.length; length > 0; length--) {
      const box = form.querySelector(`[data-path="${CSS.escape(pathKey(path.slice(0, length)))}"]`);
      if (box) return box;
    }
    return null;
  }

  function clear(box) {
    const note = box.querySelector(":scope > .field-problem");
    if (note) text(note, "");
    const control = box.querySelector(":scope > input, :scope > select, :scope > textarea");
    if (control) control.removeAttribute("aria-invalid");
  }

  function place(one) {
    const box = boxOf(one.path);
    if (!box) return;
    const note = box.querySelector(":scope > .field-problem");
    if (!note || (note.textContent && !one.served)) return;
    // A field that has not been filled yet is not scolded for it.
    const empty = one.message === "is required" && !box.dataset.touched;
    text(note, empty ? "" : one.message);
    note.classList.toggle("soft", Boolean(one.soft));
    const control = box.querySelector(":scope > input, :scope > select, :scope > textarea");
    if (control && !one.soft && !empty) control.setAttribute("aria-invalid", "true");
    let fold = box.closest("details");
    while (fold && one.served) {
      fold.open = true;
      fold = fold.parentElement.closest("details");
    }
  }

  function to(one) {
    const box = one.path && boxOf(one.path), control = box?.querySelector("input, select, textarea");
    if (one.line) {
      const rows = area.value.split("\n"), start = rows.slice(0, one.line - 1).join("\n").length + (one.line > 1 ? 1 : 0);
      area.focus();
      area.setSelectionRange(start, start + (rows[one.line - 1]?.length ?? 0));
      area.scrollTop = Math.max(0, (one.line - 6) * lineHeight());
    } else control?.focus();
  }

  const lineHeight = () => parseFloat(getComputedStyle(area).lineHeight) || 19;

  function number(marked) {
    const count = area.value.split("\n").length;
    replace(gutter,
      Array.from({ length: Math.min(count, 5000) },
        (_, index) => h("div", { class: marked.get(index + 1) ?? "" }, String(index + 1))));
    gutter.scrollTop = area.scrollTop;
  }
  area.addEventListener("scroll", () => (gutter.scrollTop = area.scrollTop), { passive: true });
  let typing;
  area.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => read(true), 150);
  });
  area.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") post();
  });

  // The form.

  function build() {
    const kind = kindOf(), focused = form.contains(document.activeElement) ? document.activeElement.id : null;
    const folds = new Set([...form.querySelectorAll("details[open]")].map((one) => one.dataset.fold));
    for (const one of kinds.children) attr(one, "aria-pressed", String(one.dataset.key === kind));
    if (!kind) return replace(form, h("p.empty", {}, "The form shows tasks, chains and datasets."));
    const schema = schemas.get(kind);
    replace(form, group(schema, kind, [], FIRST[kind], folds),
      h("button.visually-hidden", { type: "submit", tabindex: -1 }, "Submit"));
    if (focused) document.getElementById(focused)?.focus();
  }

  /** The fields of an object: those that most people need, and the others below More. */
  function group(schema, home, path, first, folds) {
    const keys = Object.keys(schema.properties).filter((one) => !HIDDEN.has(one)
      && !(path.length === 0 && one === "kind"));
    const front = first ? first.filter((one) => keys.includes(one)) : keys;
    const more = keys.filter((one) => !front.includes(one));
    const required = new Set(schema.required ?? []);
    const make = (one) => control(one, schema.properties[one], home, [...path, one], required.has(one), folds);
    const fold = `more ${pathKey(path)}`, used = more.filter((one) => at([...path, one]) !== undefined);
    return h("div.group", {}, front.map(make),
      more.length ? h("details.more-fields", { "data-fold": fold, open: folds.has(fold) || used.length > 0 },
        h("summary", {}, "More", h("span.muted", {}, ` ${more.length} keys`)),
        h("div.group", {}, more.map(make))) : null);
  }

  function control(name, given, home, path, required, folds) {
    const { schema, home: here } = schemas.resolve(given, home), id = `f-${path.join("-")}`;
    const [label, help] = WORDS[name] ?? [name, schema.description ?? ""];
    const special = { command: commandField, input: inputField, steps: stepsField, outputs: outputsField }[name];
    if (special) return special({ schema, here, path, id, label, help, required, folds });
    if (schema.type === "object" && schema.properties) {
      const fold = `object ${pathKey(path)}`, value = at(path);
      return h("details.object",
        { "data-path": pathKey(path), "data-fold": fold,
          open: name === "resources" || folds.has(fold) || value !== undefined }, h("summary", {}, label),
        h("p.field-problem"), group(schema, here, path, null, folds));
    }
    if (schema.type === "boolean") {
      const box = h("input",
        { type: "checkbox", id, checked: at(path) === true,
          onchange: () => put(path, box.checked || undefined) });
      return h("div.field.check-field", { "data-path": pathKey(path) }, box, h("label", { for: id }, label),
        h("p.field-problem"));
    }
    if (schema.enum) {
      const box = h("select", { id, onchange: () => put(path, box.value || undefined) },
        h("option", { value: "" }, "–"), schema.enum.map((one) => h("option", { value: one }, one)));
      box.value = at(path) ?? "";
      return wrapped({ path, id, label, help, required }, box);
    }
    const kind = kindOfField(name, schema);
    if (kind === "lines" || kind === "pairs" || kind === "counts") {
      const box = h("textarea",
        { id, rows: 2, spellcheck: "false", oninput: () => put(path, CODECS[kind].read(box.value)) });
      box.value = CODECS[kind].write(at(path));
      return wrapped({ path, id, label, help, required }, box);
    }
    const box = h("input",
      { type: "text", id, spellcheck: "false", autocomplete: "off",
        inputmode: kind === "number" ? "decimal" : null,
        oninput: () => put(path, CODECS[kind].read(box.value)) });
    box.value = CODECS[kind].write(at(path));
    return wrapped({ path, id, label, help, required }, box);
  }

  function wrapped({ path, id, label, help, required }, box, ...more) {
    const field = h("div.field", { "data-path": pathKey(path) },
      h("label", { for: id }, label, required ? h("span.required", { "aria-hidden": "true" }, " *") : null),
      box, ...more, help ? h("p.help", { id: `${id}-help` }, help) : null,
      h("p.field-problem", { id: `${id}-problem`, "aria-live": "polite" }));
    box.setAttribute("aria-describedby", `${help ? `${id}-help ` : ""}${id}-problem`);
    if (required) box.setAttribute("aria-required", "true");
    const touch = () => {
      field.dataset.touched = "";
    };
    box.addEventListener("input", touch, { capture: true });
    box.addEventListener("blur", () => {
      if (field.dataset.touched !== undefined) return;
      touch();
      check();
    });
    return field;
  }

  function commandField({ path, id, label, help, required }) {
    const box = h("textarea.mono",
      { id, rows: 2, spellcheck: "false", oninput: () => put(path, splitWords(box.value)) });
    box.value = joinWords(at(path));
    const insert = h("div.inserts", { role: "group", "aria-label": "Insert a placeholder" }, PLACEHOLDERS.map((words) => h("button.insert", { type: "button", tabindex: -1, onclick: () => {
      box.setRangeText(words, box.selectionStart, box.selectionEnd, "end");
      box.focus();
      put(path, splitWords(box.value));
    } }, words)));
    return wrapped({ path, id, label, help, required }, box, insert);
  }

  function inputField({ path, id, label, help, required }) {
    const value = at(path);
    const kinds = [["name", "Dataset or step"], ["names", "Several of them"], ["files", "Files"],
      ["count", "A number of jobs"], ["values", "Values"]];
    const kind = value === undefined || typeof value === "string" ? "name" : Array.isArray(value) ? "names"
      : ["files", "count", "values"].find((one) => one in Object(value)) ?? "name";
    const select = h("select", { id: `${id}-kind`, "aria-label": `${label}: kind`, onchange: () => {
      put(path,
        { name: undefined, names: [], files: { files: [] }, count: { count: 1 }, values: { values: [] } }[select.value]);
      replaceWith(select.value);
    } }, kinds.map(([one, words]) => h("option", { value: one }, words)));
    select.value = kind;
    const place = h("div.input-place");
    const inner = {
      name: ["input", (words) => words.trim() || undefined, (now) => now ?? ""],
      names: ["textarea", (words) => lined(words), (now) => (now ?? []).join("\n")],
      files: ["textarea", (words) => ({ files: lined(words).map(entry) }),
        (now) => (now?.files ?? []).map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join("\n")],
      count: ["input", (words) => ({ count: plainNumber(words) }), (now) => String(now?.count ?? "")],
      values: ["textarea", (words) => ({ values: lined(words).map(entry) }),
        (now) => (now?.values ?? []).map((one) => (typeof one === "object" ? JSON.stringify(one) : String(one))).join("\n")],
    };
    const placeholders = { name: "run42.raw", names: "one a line", files: "/data/a.raw, one a line",
      count: "10", values: "one a line" };
    const sets = h("datalist", { id: `${id}-sets` },
      [...store.datasets.keys()].slice(0, 300).map((one) => h("option", { value: one })));
    function replaceWith(now) {
      const [tag, readOf, writeOf] = inner[now];
      const box = h(tag, { id, spellcheck: "false", autocomplete: "off", rows: tag === "textarea" ? 4
        : null, type: tag === "input" ? "text" : null, placeholder: placeholders[now],
        list: now === "name" ? `${id}-sets` : null, inputmode: now === "count" ? "numeric" : null,
        "aria-describedby": `${id}-problem`,
        oninput: () => put(path, readOf(box.value)) });
      box.value = writeOf(at(path));
      replace(place, box);
    }
    replaceWith(kind);
    return h("div.field.input-field", { "data-path": pathKey(path) },
      h("label", { for: id }, label, required ? h("span.required", { "aria-hidden": "true" }, " *") : null),
      h("div.input-row", {}, select, place), sets, h("p.help", {}, help),
      h("p.field-problem", { id: `${id}-problem`, "aria-live": "polite" }));
  }

  function listField({ path, label, help, folds, add, title, body }) {
    const list = Array.isArray(at(path)) ? at(path) : [];
    const change = (next, focus) => {
      put(path, next.length ? next : undefined);
      build();
      check();
      if (focus) document.getElementById(focus)?.focus();
    };
    return h("fieldset.list-field", { "data-path": pathKey(path) }, h("legend", {}, label),
      help ? h("p.help", {}, help) : null, h("p.field-problem"),
      list.map((one, index) => h("div.list-item", {}, h("div.list-head", {}, h("strong", {}, title(one, index)),
        list.length > 1 && index > 0 ? h("button.quiet",
          { type: "button", "aria-label": `Move ${title(one, index)} up`,
            onclick: () => change(swapped(list, index, index - 1)) }, "↑") : null,
        h("button.quiet",
          { type: "button", "aria-label": `Remove ${title(one, index)}`,
            onclick: () => change(list.filter((_, other) => other !== index)) }, "remove")),
        body(one, index, folds))),
      h("button",
        { type: "button", id: `add-${path.join("-")}`,
          onclick: () => change([...list, add(list)],
            `f-${[...path, list.length].join("-")}-${label === "Steps" ? "name" : "path"}`) },
        `Add ${label === "Steps" ? "a step" : "an output"}`));
  }

  function outputsField({ schema, here, path, label, help, folds }) {
    const item = schemas.resolve(schema.items, here);
    return listField({ path, label, help, folds, add: () => ({ path: "" }), title: (_, index) => `output ${index + 1}`,
      body: (_, index) => group(item.schema, item.home, [...path, index], ["path", "optional", "overwrite"],
        folds) });
  }

  function stepsField({ schema, here, path, label, help, folds }) {
    const item = schemas.resolve(schema.items, here);
    return listField({ path, label, help, folds, add: (list) => ({ name: `step${list.length + 1}`, command: [] }), title: (one, index) => `step ${index + 1}${one?.name ? `, ${one.name}` : ""}`,
      body: (_, index) => group(item.schema, item.home, [...path, index], FIRST.step, folds) });
  }

  // Files, examples, sending.

  function example(kind) {
    setText(JSON.stringify(EXAMPLES[kind], null, 2));
    say(`An example of a ${kind}`);
  }

  function take(name, words) {
    setText(words);
    toast(`Read ${name}`);
    area.scrollTop = 0;
    area.setSelectionRange(0, 0);
  }

  function dropped() {
    const given = sessionStorage.getItem("spool-dropped");
    if (!given) return false;
    sessionStorage.removeItem("spool-dropped");
    const { name, text: words } = JSON.parse(given);
    take(name, words);
    return true;
  }
  document.addEventListener("dropped", dropped);

  async function post() {
    if (sending) return;
    for (const box of form.querySelectorAll(".field")) box.dataset.touched = "";
    clearTimeout(typing);
    const before = key;
    read(false);
    key = before;
    if (button.getAttribute("aria-disabled")) {
      problems.querySelector("button")?.focus();
      return say(status.textContent);
    }
    sending = true;
    button.disabled = true;
    text(status, "Sending…");
    const isSet = doc.kind === "dataset", name = doc.name;
    try {
      const receipt = await send("POST", url(isSet ? "datasets" : "tasks"), area.value,
        { headers: { "Idempotency-Key": key } });
      sessionStorage.removeItem(DRAFT);
      toast(`Submitted ${name}`,
        { detail: [receipt.warning, ...(receipt.notes ?? [])].filter(Boolean).join("\n"),
          link: link(isSet ? datasetHref(name) : taskHref(name), name) });
      await arrive(isSet, name);
    } catch (problem) {
      refused(problem);
    } finally {
      sending = false;
      button.disabled = false;
    }
  }

  /** Goes to the page of what was submitted, once the watcher has taken it. */
  async function arrive(isSet, name) {
    const address = url(isSet ? "datasets" : "tasks", name), until = Date.now() + 15000;
    text(status, "Dropped; the watcher is to take it…");
    for (;;) {
      try {
        const page = await get(address);
        if (!isSet) store.take(page);
        break;
      } catch (problem) {
        if (!(problem instanceof Problem) || problem.status !== 404 || Date.now() > until) {
          return text(status, `Dropped. The watcher has not taken ${name} yet.`);
        }
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
    if (node.isConnected) go(isSet ? datasetHref(name) : taskHref(name));
  }

  /** Shows what the gateway refused at the line and the key that it names. */
  function refused(problem) {
    const line = problem.line ?? null, path = pathOf(problem.key, line);
    served = problem;
    show([{ path, line: line ?? (path && lineOf(path)), message: problem.message, served: true }]);
    toast("The request was refused", { kind: "error", detail: problem.message });
    if (path) boxOf(path)?.querySelector("input, select, textarea")?.focus();
    boxOf(path ?? [])?.scrollIntoView({ block: "center" });
  }

  /** The path of a key as the gateway names it, best on its line. */
  function pathOf(name, line) {
    if (!name) return null;
    const dotted = name.replaceAll(/\[(\d+)\]/g, ".$1").split(".");
    let best = null;
    for (const [id, where] of lines) {
      const path = id.split(SEPARATOR);
      const fits = dotted.every((part, at) => path[path.length - dotted.length + at] === part);
      if (fits && (best === null || where === line)) best = path;
      if (fits && where === line) break;
    }
    return (best ?? dotted).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  }

  const asked = search.get("kind"), draft = sessionStorage.getItem(DRAFT);
  if (!dropped()) {
    if (draft && !asked) setText(draft);
    else example(EXAMPLES[asked] ? asked : "task");
  }
  return { node, destroy: () => {
    document.removeEventListener("dropped", dropped);
    clearTimeout(typing);
  } };
}

const pathWords = (path) => path.reduce(
  (words, part) => (typeof part === "number" ? `${words}[${part}]` : words ? `${words}.${part}` : part), "");

/** A copy with another value at a path; an object that becomes empty goes with its last key. */
function changed(whole, path, value) {
  if (!path.length) return value;
  const [first, ...rest] = path;
  const copy = Array.isArray(whole) ? [...whole] : { ...(whole && typeof whole === "object" ? whole : {}) };
  const next = changed(copy[first] ?? (typeof rest[0] === "number" ? [] : {}), rest, value);
  const hollow = next !== null && typeof next === "object" && !Array.isArray(next)
    && !Object.keys(next).length && rest.length;
  if (next === undefined || (hollow && !Array.isArray(copy))) delete copy[first];
  else copy[first] = next;
  return copy;
}

function swapped(list, a, b) {
  const copy = [...list];
  [copy[a], copy[b]] = [copy[b], copy[a]];
  return copy;
}

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const lined = (words) => words.split("\n").map((line) => line.trim()).filter(Boolean);
const plainNumber = (words) => (/^-?\d+(\.\d+)?$/.test(words.trim()) ? Number(words) : words.trim()
  || undefined);

function entry(words) {
  if (/^[{[]/.test(words)) {
    try {
      return JSON.parse(words);
    } catch {
      return words;
    }
  }
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(words) ? Number(words) : words;
}

function kindOfField(name, schema) {
  const types = [schema.type, ...(schema.oneOf ?? schema.anyOf ?? []).map((one) => one.type)].filter(Boolean).flat();
  if (schema.type === "array") {
    const item = schema.items ?? {};
    if (item.type === "integer" || item.type === "number") return "numbers";
    return name === "tags" ? "commas" : "lines";
  }
  if (name === "after") return "lines";
  if (schema.type === "object") return schema.additionalProperties
    ? (schema.additionalProperties.type === "integer" ? "counts" : "pairs") : "json";
  if (types.includes("integer") || types.includes("number")) return "number";
  return "text";
}

function pairs(words, read) {
  const list = lined(words).map((line) => {
    const cut = line.indexOf("=");
    return cut < 0 ? [line, read("")] : [line.slice(0, cut), read(line.slice(cut + 1))];
  });
  return list.length ? Object.fromEntries(list) : undefined;
}

const pairWords = (value) => Object.entries(value && typeof value === "object" ? value : {}).map(([key, one]) => `${key}=${one}`).join("\n");

/** How the text of a field becomes a value, and back. An empty text is no value. */
const CODECS = {
  text: { read: (words) => words || undefined,
    write: (value) => (value === undefined ? "" : typeof value === "string" ? value
      : JSON.stringify(value)) },
  number: { read: plainNumber, write: (value) => (value === undefined ? "" : String(value)) },
  numbers: {
    read: (words) => (words.trim() ? words.split(",").map((one) => plainNumber(one) ?? "") : undefined),
    write: (value) => [value ?? []].flat().join(", ") },
  commas: {
    read: (words) => (words.trim() ? words.split(",").map((one) => one.trim()).filter(Boolean) : undefined),
    write: (value) => [value ?? []].flat().join(", ") },
  lines: {
    read: (words) => (lined(words).length
      ? lined(words).map((one) => (one.startsWith("{") ? entry(one) : one)) : undefined),
    write: (value) => [value ?? []].flat().map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join("\n") },
  pairs: { read: (words) => pairs(words, (value) => value), write: (value) => pairWords(value) },
  counts: { read: (words) => pairs(words, (value) => plainNumber(value) ?? ""),
    write: (value) => pairWords(value) },
  json: { read: (words) => (words.trim() ? entry(words) : undefined),
    write: (value) => (value === undefined ? "" : JSON.stringify(value)) },
};

/** Splits a line as a shell does: quotes and backslashes, and nothing else. */
export function splitWords(line) {
  const out = [];
  let word = null, quote = null;
  for (let at = 0; at < line.length; at++) {
    const c = line[at];
    if (quote) {
      if (c === quote) quote = null;
      else if (c === "\\" && quote === '"' && '"\\$`'.includes(line[at + 1] ?? " ")) word += line[++at];
      else word += c;
    } else if (c === "'" || c === '"') {
      quote = c;
      word ??= "";
    } else if (c === "\\" && at + 1 < line.length) {
      at++;
      word = (word ?? "") + (line[at] === "\n" ? "" : line[at]);
    } else if (/\s/.test(c)) {
      if (word !== null) out.push(word);
      word = null;
    } else word = (word ?? "") + c;
  }
  if (word !== null) out.push(word);
  return out.length ? out : undefined;
}

const joinWords = (words) => (Array.isArray(words)
  ? words.map((word) => (/^[\w@%+=:,./{}*?-]+$/.test(word) ? word
    : `'${String(word).replaceAll("'", "'\\''")}'`)).join(" ") : "");
