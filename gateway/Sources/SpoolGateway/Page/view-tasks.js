// The list of all tasks and chains, filtered and sorted by its address.

import { h, text, attr } from "./dom.js";
import { count, compact, ago, plural, rate, span } from "./format.js";
import { get, query, BASE } from "./api.js";
import { store, nameOf, isChain, ENDED, MOST_TASKS } from "./store.js";
import { headCell, cell, badge, setBadge, bar, setBar, chips, taskHref, link, GLYPHS } from "./parts.js";
import { VirtualList, PagedItems } from "./virtual.js";
import { reasonOf } from "./view-overview.js";

const STATES = ["active", "waiting", "held", "done", "failed", "cancelled"];
const SORTS = {
  accepted: (a, b) => b.accepted - a.accepted,
  name: (a, b) => (nameOf(a) < nameOf(b) ? -1 : 1),
  jobs: (a, b) => b.jobs.total - a.jobs.total,
  failed: (a, b) => b.jobs.failed - a.jobs.failed,
  rate: (a, b) => (store.rate(b) ?? -1) - (store.rate(a) ?? -1),
};

export function tasks({ search, go }) {
  let filter = read(search);
  let shown = [], seen = "", last = 0, far = null;
  const name = h("input",
    { type: "search", id: "filter-name", placeholder: "Name has…", autocomplete: "off", spellcheck: "false",
      oninput: () => change({ name: name.value }) });
  const owner = h("input",
    { type: "text", id: "filter-owner", inputmode: "numeric", placeholder: "uid", size: 6,
      autocomplete: "off", oninput: () => change({ owner: owner.value }) });
  const state = chips("State", [["", "All"], ...STATES.map((one) => [one, one, GLYPHS[one]])], filter.state,
    (key) => change({ state: key }));
  const kind = chips("Kind", [["", "Tasks and chains"], ["chain", "Chains"], ["steps", "With steps"]],
    filter.kind, (key) => change({ kind: key }));
  const number = h("p.list-note", { role: "status" });
  const list = new VirtualList({ label: "Tasks", className: "tasks", columns: heads(), create: makeRow,
    update: fillRow, near: () => far?.more() });
  const node = h("div.view", {},
    h("div.view-head", {}, h("h1", {}, "Tasks"), link("/ui/submit", "Submit…", { class: "button primary" })),
    h("div.filters", { role: "search", "aria-label": "Filter" },
      h("label.visually-hidden", { for: "filter-name" }, "Name has"), name,
      state, kind, h("label.visually-hidden", { for: "filter-owner" }, "Owner's uid"), owner),
    number, list.node);

  function heads() {
    const head = (key, words, className) => {
      const button = h("button.sort",
        { type: "button", onclick: () => change({ sort: filter.sort === key ? "" : key }) }, words);
      return h("div.cell", { role: "columnheader", class: className, "data-sort": key }, button);
    };
    return [headCell("c-state", "State"), head("name", "Name", "c-name"), headCell("c-bar", "Progress"),
      head("jobs", "Jobs", "c-jobs"),
      head("failed", "Failed", "c-failed"), head("rate", "Rate and time left", "c-rate"),
      headCell("c-owner", "Owner"), head("accepted", "Accepted", "c-age")];
  }

  function read(values) {
    return { name: values.get("name") ?? "", state: values.get("state") ?? "",
      owner: values.get("owner") ?? "", kind: values.get("kind") ?? "", sort: values.get("sort") ?? "" };
  }

  function change(part) {
    filter = { ...filter, ...part };
    go(query("/ui/tasks", filter), { replace: true });
    apply();
  }

  function controls() {
    if (document.activeElement !== name) name.value = filter.name;
    if (document.activeElement !== owner) owner.value = filter.owner;
    for (const head of list.head.querySelectorAll("[data-sort]")) attr(head, "aria-sort",
      (filter.sort || "accepted") === head.dataset.sort ? "descending" : null);
    for (const [group, key] of [[state, filter.state], [kind, filter.kind]]) for (const button of group.children) attr(button, "aria-pressed", String(button.dataset.key === key));
  }

  /** Filters what the page holds; asks the gateway for older tasks only where it holds not all of them. */
  function apply() {
    controls();
    const low = filter.name.toLowerCase();
    shown = store.list().filter((key) => {
      const page = store.tasks.get(key);
      return (!low || key.toLowerCase().includes(low)) && (!filter.state || page.state === filter.state)
        && (filter.kind === "steps" || (filter.kind === "chain" ? isChain(page) : isChain(page)
          || !page.chain || low !== ""))
        && (!filter.owner || String(page.owner) === filter.owner);
    });
    const order = SORTS[filter.sort];
    if (order && filter.sort !== "accepted") shown = shown.map((key) => store.tasks.get(key)).sort(order).map(nameOf);
    if (store.more) older();
    note();
    list.set(shown.length);
  }

  function older() {
    const held = new Set(shown), key = JSON.stringify(filter);
    if (far?.key === key) {
      shown.push(...far.items.map(nameOf).filter((one) => !held.has(one)));
      return;
    }
    if (!filter.name && !filter.state && !filter.owner) return;
    far = new PagedItems((cursor) => get(query(`${BASE}/tasks`,
      { name: filter.name, state: filter.state, owner: filter.owner, cursor, limit: 200 })), () => {
      for (const page of far.items) if (!store.tasks.has(nameOf(page))) store.take(page);
      apply();
    });
    far.key = key;
    far.more();
  }

  function note() {
    const all = store.tasks.size;
    const words = !store.loaded.tasks && !all ? "Loading…"
      : `${plural(shown.length, "task")} of ${count(all)}${store.more ? `, the newest ${count(MOST_TASKS)}; a filter also finds older ones` : ""}`;
    text(number, words);
  }

  function makeRow() {
    return h("div", {}, cell("c-state", badge("waiting")), cell("c-name", h("a.name"), h("span.kind")),
      cell("c-bar", bar()), cell("c-jobs"), cell("c-failed"),
      cell("c-rate"), cell("c-owner"), cell("c-age"));
  }

  function fillRow(row, index) {
    const page = store.tasks.get(shown[index]);
    if (!page) return;
    // What a row shows is a function of the page and of the minute.
    const key = nameOf(page);
    const [a, b, c, d, e, f, g, i] = row.children;
    if (row.key !== key) {
      row.key = key;
      text(b.firstChild, key);
      b.firstChild.href = taskHref(key);
      b.firstChild.title = key;
      text(b.lastChild, isChain(page) ? plural(page.steps.length, "step") : "");
      row.page = null;
    }
    if (row.page !== page) {
      row.page = page;
      setBadge(a.firstChild, page.state);
      setBar(c.firstChild, page.jobs);
      text(d, `${compact(page.jobs.done)} / ${compact(page.jobs.total)}`);
      text(e, page.jobs.failed ? compact(page.jobs.failed) : "");
      attr(e, "data-some", page.jobs.failed ? "" : null);
      text(g, page.owner);
    }
    text(f, words(page));
    text(i, ago(page.accepted));
  }

  function words(page) {
    if (page.state === "active") {
      const speed = store.rate(page), left = store.left(page);
      const parts = [speed ? rate(speed) : "", left !== null ? `${span(left)} left` : ""].filter(Boolean);
      if (parts.length) return parts.join(" · ");
    }
    return ENDED.has(page.state) ? (page.reason
      ?? (page.ended && page.started ? `took ${span((page.ended - page.started) / 1000)}` : ""))
        : reasonOf(page) ?? "";
  }

  apply();
  return {
    node,
    search: (values) => {
      filter = read(values);
      apply();
    },
    update(tick) {
      const key = `${store.version.members} ${store.loaded.tasks}`;
      // A change of states or of order is brought into the list once a second, a change within a row at once.
      const dynamic = filter.state || filter.sort || filter.name;
      if (key !== seen && (performance.now() - last > 250 || store.loaded.tasks)) {
        seen = key;
        last = performance.now();
        apply();
      } else if (tick && dynamic) apply();
      else list.refresh();
    },
    destroy: () => list.destroy(),
  };
}
