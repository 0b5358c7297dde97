// Requests to the gateway, the only place that the page talks to.

export const BASE = "/api/v1";
const TOKEN = "spool-token";

/** An answer that is no success, in the words of the gateway. */
export class Problem extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `status ${status}`);
    this.status = status;
    this.title = problem.title;
    this.line = problem.line;
    this.key = problem.key;
  }
}

let asking = null;
let ask = null;

/** Sets what asks the user for a token; it returns a promise of one, or of null. */
export function onToken(asker) {
  ask = asker;
}

export function headers(more) {
  const token = sessionStorage.getItem(TOKEN);
  return { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...more };
}

/** Asks for a token, once for all requests that need one. */
export async function renewToken() {
  asking ??= ask().finally(() => (asking = null));
  const token = await asking;
  if (token) sessionStorage.setItem(TOKEN, token);
  return Boolean(token);
}

export const url = (...parts) => `${BASE}/${parts.map(encodeURIComponent).join("/")}`;

export function query(address, values) {
  const search = new URLSearchParams();
  for (const key in values) if (values[key] !== undefined && values[key] !== null
    && values[key] !== "") search.set(key, values[key]);
  const string = search.toString();
  return string ? `${address}?${string}` : address;
}

export async function request(address, options = {}) {
  for (;;) {
    const response = await fetch(address,
      { ...options, headers: headers(options.headers), credentials: "omit" });
    if (response.status === 401 && (await renewToken())) continue;
    if (!response.ok) throw await problemOf(response);
    return response;
  }
}

async function problemOf(response) {
  const words = await response.text().catch(() => "");
  try {
    return new Problem(response.status, JSON.parse(words));
  } catch {
    return new Problem(response.status,
      { title: response.statusText, detail: words.slice(0, 500) || undefined });
  }
}

export const get = async (address, options) => (await request(address, options)).json();

/** A writing request; `wait` is how long the gateway is to wait for what comes of it. */
export async function send(method, address, body, { wait = "5s", headers: more } = {}) {
  const response = await request(query(address, { wait }), {
    method,
    headers: { "X-Spool": "1", ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...more },
    body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
  });
  const words = await response.text();
  return words ? JSON.parse(words) : {};
}
