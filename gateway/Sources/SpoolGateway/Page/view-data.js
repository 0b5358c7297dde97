// Datasets, and where a file comes from and what became of it.

import { h, text, attr, keyed, replace, toast } from "./dom.js";
import { count, compact, bytes, plural, jobName } from "./format.js";
import { get, send, url, query, BASE } from "./api.js";
import { store } from "./store.js";
import { headCell, cell, badge, setBadge, panel, figure, link, crumbs, chips, dialog, datasetHref, taskHref,
  jobHref, fileHref, empty, GLYPHS } from "./parts.js";
import { VirtualList } from "./virtual.js";
import { fileList } from "./view-task.js";

const STATES = ["open", "closed", "incomplete", "deleted"];

export function datasets({ search, go }) {
  let filter = { name: search.get("name") ?? "", state: search.get("state") ?? "" }, shown = [], seen = -1;
  const name = h("input",
    { type: "search", id: "filter-dataset", placeholder: "Name has…", autocomplete: "off",
      spellcheck: "false", value: filter.name, oninput: () => change({ name: name.value }) });
  const states = chips("State", [["", "All"], ...STATES.map((one) => [one, one, GLYPHS[one]])], filter.state,
    (key) => change({ state: key }));
  const path = h("input",
    { type: "text", id: "file-path", placeholder: "/path/of/a/file", autocomplete: "off", spellcheck: "false" });
  const note = h("p.list-note", { role: "status" });
  const list = new VirtualList({ label: "Datasets", className: "datasets",
    columns: [headCell("c-state", "State"), headCell("c-name", "Dataset"), headCell("c-files", "Files"),
      headCell("c-size", "Size"), headCell("c-from", "Filled by"), headCell("c-to", "Read by")],
    create: () => h("div", {}, cell("c-state", badge("open")), cell("c-name", h("a.name")), cell("c-files"),
      cell("c-size"), cell("c-from"), cell("c-to")),
    update: (row, index) => {
      const page = store.datasets.get(shown[index]);
      if (!page || row.page === page) return;
      row.page = page;
      const [a, b, c, d, e, f] = row.children;
      setBadge(a.firstChild, page.state);
      text(b.firstChild, page.dataset);
      b.firstChild.href = datasetHref(page.dataset);
      text(c, page.expected ? `${count(page.files)} of ${count(page.expected)}` : count(page.files));
      text(d, bytes(page.bytes));
      text(e,
        page.producers.map((one) => one.task).join(", ")
          || (page.watches ?? []).map((one) => one.directory).join(", "));
      text(f, page.consumers.map((one) => one.task).join(", "));
    } });
  const node = h("div.view", {},
    h("div.view-head", {}, h("h1", {}, "Datasets"),
      link("/ui/submit?kind=dataset", "Add files…", { class: "button" })),
    h("form.file-search", { "aria-label": "Find a file", onsubmit: (event) => {
      event.preventDefault();
      if (path.value) go(fileHref(path.value));
    } }, h("label", { for: "file-path" }, "Where does a file come from?"), path, h("button", { type: "submit" }, "Look")),
    h("div.filters", { role: "search", "aria-label": "Filter" },
      h("label.visually-hidden", { for: "filter-dataset" }, "Name has"), name, states), note, list.node);

  function change(part) {
    filter = { ...filter, ...part };
    go(query("/ui/datasets", filter), { replace: true });
    apply();
  }

  function apply() {
    const low = filter.name.toLowerCase();
    shown = [...store.datasets.keys()].filter((key) => (!low || key.toLowerCase().includes(low))
      && (!filter.state || store.datasets.get(key).state === filter.state)).sort();
    text(note,
      store.loaded.datasets ? `${plural(shown.length, "dataset")} of ${count(store.datasets.size)}`
        : "Loading…");
    list.set(shown.length);
  }
  return { node, update() {
    if (seen === store.version.datasets) return;
    seen = store.version.datasets;
    apply();
  }, search: (values) => {
    filter = { name: values.get("name") ?? "", state: values.get("state") ?? "" };
    name.value = filter.name;
    for (const button of states.children) attr(button, "aria-pressed",
      String(button.dataset.key === filter.state));
    apply();
  }, destroy: () => list.destroy() };
}

export function dataset({ parts: [name] }) {
  const state = badge("open"), buttons = h("div.actions", { role: "group", "aria-label": "Actions" });
  const all = { files: figure("Files"), bytes: figure("Size"), kept: figure("Kept"),
    removed: figure("Removed") };
  const from = h("ul.task-links"), to = h("ul.task-links"), watches = h("ul.watches"), trouble = h(
    "p.problem", { role: "alert", hidden: true });
  const files = fileList(`Files of ${name}`,
    (cursor) => get(query(url("datasets", name, "files"), { cursor, limit: 200 })), "It has no files yet.");
  const node = h("div.view", {}, crumbs(["Datasets", "/ui/datasets"], [name]),
    h("div.view-head", {}, h("h1.name", {}, name), state, buttons), trouble,
    h("dl.figures.small", {}, Object.values(all).map((one) => one.node)),
    h("div.two", {}, panel("Filled by", {}, from, watches), panel("Read by", {}, to)),
    panel("Files", {}, files.node));
  let last = null, loaded = performance.now(), shown = null;

  const act = (words, done, method, address, question) => h("button", { type: "button", class: question ? "danger-quiet" : "", onclick: async () => {
    if (question && !(await dialog(question.title,
      { ok: question.ok, danger: true, cancel: "Keep them", body: [h("p", {}, question.words)] }))) return;
    try {
      await send(method, address);
      toast(`${done}: ${name}`);
    } catch (problem) {
      toast(`${name} was not changed`, { kind: "error", detail: problem.message });
    }
  } }, words);

  function update() {
    const page = store.datasets.get(name);
    if (!page) {
      if (store.loaded.datasets && trouble.hidden && !last) {
        text(trouble, "There is no such dataset, or it is too old for this list.");
        trouble.hidden = false;
      }
      return;
    }
    trouble.hidden = true;
    if (page === last) return;
    setBadge(state, page.state);
    all.files.set(count(page.files), page.expected ? `of ${count(page.expected)}` : "");
    all.bytes.set(bytes(page.bytes), page.unsized ? `${count(page.unsized)} of unknown size` : "");
    all.kept.set(page.retention ?? "forever");
    all.removed.set(page.removed ? count(page.removed.files) : "0",
      page.removed ? bytes(page.removed.bytes) : "");
    for (const [node, list] of [[from, page.producers], [to, page.consumers]]) {
      keyed(node, list.length ? list : [{ task: "" }], (one) => one.task,
        (one) => (one.task ? h("li", {}, badge(one.state),
          link(taskHref(one.task), one.task, { class: "name" })) : h("li.empty", {},
            node === from ? "No task." : "No task reads it.")),
        (row, one) => one.task && setBadge(row.firstChild, one.state));
    }
    keyed(watches, page.watches ?? [], (one) => `${one.directory} ${one.pattern}`, () => h("li", {},
      h("span.path"), h("span.muted")), (row, one) => {
      text(row.firstChild, `${one.directory}/${one.pattern}`);
      text(row.lastChild,
        `${plural(one.files, "file")}${one.pending ? `, ${count(one.pending)} not whole yet` : ""}${one.closeOn ? `, until ${one.closeOn}` : ""}${one.trouble ? `: ${one.trouble}` : ""}`);
    });
    if (shown !== page.state) {
      shown = page.state;
      replace(buttons,
        page.state === "open" ? act("Close", "Closed", "POST", url("datasets", name, "close")) : null,
        page.state === "closed" || page.state === "incomplete" ? act("Delete files…", "Deleting", "DELETE",
          url("datasets", name),
          { title: `Delete the files of ${name}?`, ok: "Delete the files",
            words: `The files that jobs made are removed from disk: ${count(page.files)} files, ${bytes(page.bytes)}. This cannot be undone.` }) : null);
    }
    if (last && page.files !== last.files && performance.now() - loaded > 3000
      && files.items.items.length <= 1000) {
      loaded = performance.now();
      files.items.renew();
    }
    last = page;
  }
  return { node, title: name, update, destroy: files.destroy };
}

/** A file with what it was made from on one side, and what was made of it on the other. */
export function file({ search, go }) {
  const body = h("div"), box = h("input",
    { type: "text", id: "file-path", autocomplete: "off", spellcheck: "false",
      "aria-label": "Path of the file" });
  const node = h("div.view", {}, crumbs(["Datasets", "/ui/datasets"], ["file"]),
    h("div.view-head", {}, h("h1", {}, "Where a file comes from")),
    h("form.file-search", { onsubmit: (event) => {
      event.preventDefault();
      if (box.value) go(fileHref(box.value));
    } }, box, h("button", { type: "submit" }, "Look")), body);
  let turn = 0;
  async function load(path) {
    box.value = path;
    const now = ++turn;
    if (!path) return replace(body, empty("Give the path of a file, from /."));
    replace(body, h("p.loading", {}, "Loading…"));
    try {
      const one = await get(query(`${BASE}/files`, { path }));
      if (now === turn) replace(body, kin(one));
    } catch (problem) {
      if (now === turn) replace(body, h("p.problem", { role: "alert" }, problem.message));
    }
  }
  load(search.get("path") ?? "");
  return { node, title: search.get("path") ?? "File", search: (values) => load(values.get("path") ?? "") };
}

function kin(one) {
  const made = one.madeBy, short = (path) => h("span.path-parts", {},
    h("span.path-dir", {}, path.slice(0, path.lastIndexOf("/") + 1)),
    h("span", {}, path.slice(path.lastIndexOf("/") + 1)));
  const fileItem = (path) => h("li.kin-file", {},
    h("a.path", { href: fileHref(path), title: path }, short(path)));
  const jobItem = ({ task, index, attempt }) => h("li.kin-job", {}, h("span.muted", {}, "job"),
    link(jobHref(task, index) + (attempt ? `?attempt=${attempt}` : ""), jobName(task, index),
      { class: "name" }), attempt ? h("span.muted", {}, `attempt ${attempt}`) : null);
  const parents = one.parents ?? [], children = one.children ?? [];
  return h("div.kin", {},
    h("section", { "aria-label": "Made from" }, h("h2", {}, "Made from"),
      parents.length ? h("ul", {}, parents.map(fileItem)) : empty(made ? "A job without input files." : "No job made it: it was named, or found.")),
    h("section", { "aria-label": "Made by" }, h("h2", {}, "By"),
      made ? h("ul", {}, jobItem(made)) : empty("–")),
    h("section.kin-self", { "aria-label": "The file" }, h("h2", {}, "The file"), h("div.kin-card", {}, h("span.path", {}, short(one.path)),
      h("span.muted", {},
        [one.size !== undefined ? bytes(one.size) : "", one.adler32 ? `adler32 ${one.adler32}` : ""].filter(Boolean).join(" · ")),
      one.dataset ? h("span", {}, "in ", link(datasetHref(one.dataset), one.dataset, { class: "name" })) : null,
      Object.entries(one.report ?? {}).map(([key, value]) => h("span.muted", {}, `${key} ${compact(value)}`)))),
    h("section", { "aria-label": "Read by" }, h("h2", {}, "Read by"),
      children.length ? h("ul", {}, children.map(jobItem)) : empty("No job that has ended read it.")));
}
