// Elements without markup: whatever comes from the spool becomes a text node or an attribute, never HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Makes an element: `h("a.name", { href }, "text", child)`. */
export function h(spec, props, ...children) {
  return fill(document.createElement(tagOf(spec)), spec, props, children);
}

/** Makes an element of SVG. */
export function s(spec, props, ...children) {
  return fill(document.createElementNS(SVG, tagOf(spec)), spec, props, children);
}

function tagOf(spec) {
  const dot = spec.indexOf(".");
  return dot < 0 ? spec : spec.slice(0, dot);
}

function fill(element, spec, props, children) {
  const classes = spec.split(".").slice(1);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const key in props) set(element, key, props[key]);
  append(element, children);
  return element;
}

function set(element, key, value) {
  if (value === undefined || value === null || value === false) return;
  if (key === "class") element.classList.add(...value.split(" ").filter(Boolean));
  else if (key === "style") for (const name in value) element.style.setProperty(name, value[name]);
  else if (key === "value") element.value = value;
  else if (key === "checked") element.checked = true;
  else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else element.setAttribute(key, value === true ? "" : value);
}

function append(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(child);
  }
}

/** Changes the text of a node, if it is another one. */
export function text(node, value) {
  const string = value === undefined || value === null ? "" : String(value);
  if (node.textContent !== string) node.textContent = string;
}

/** Changes an attribute, if it has another value; `null` removes it. */
export function attr(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export function replace(node, ...children) {
  node.replaceChildren();
  append(node, children);
}

/** Brings the children of a node in line with a list, and keeps those that are there by their keys. */
export function keyed(container, items, keyOf, create, update) {
  const have = container.keyedRows ?? (container.keyedRows = new Map());
  const want = new Set();
  let place = container.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    want.add(key);
    let row = have.get(key);
    if (!row) have.set(key, (row = create(item)));
    if (row === place) place = place.nextElementSibling;
    else container.insertBefore(row, place);
    update?.(row, item);
  }
  for (const [key, row] of have) {
    if (want.has(key)) continue;
    row.remove();
    have.delete(key);
  }
}

/** Says something to those who listen to the page. */
export function say(words) {
  const region = document.getElementById("say");
  region.textContent = "";
  requestAnimationFrame(() => (region.textContent = words));
}

export function toast(words, { kind = "info", detail, link } = {}) {
  const note = h("div.toast", { class: kind, role: kind === "error" ? "alert" : "status" },
    h("span.toast-glyph", { "aria-hidden": "true" }, kind === "error" ? "✕" : "✓"),
    h("div.toast-body", {}, h("strong", {}, words), detail && h("p", {}, detail), link),
    h("button.icon-button", { type: "button", "aria-label": "Dismiss", onclick: () => note.remove() }, "×"));
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), kind === "error" ? 20000 : 7000);
  return note;
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
