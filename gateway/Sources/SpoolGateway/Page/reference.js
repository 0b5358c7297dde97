// The interface, read from its description, with a form to try each entry.

const list = document.getElementById("routes");
const token = document.getElementById("token");

function element(name, text, fields = {}) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  for (const [key, value] of Object.entries(fields)) made.setAttribute(key, value);
  return made;
}

function field(form, name, description, isRequired) {
  const label = element("label", name + (isRequired ? " (needed)" : ""));
  if (description) label.append(": " + description);
  const input = element("input", "", { name });
  label.append(input);
  form.append(label);
  return input;
}

async function ask(method, path, operation, inputs, body, output) {
  let target = path;
  const query = new URLSearchParams();
  const headers = { "X-Spool": "1" };
  for (const [parameter, input] of inputs) {
    if (parameter.in === "path") {
      target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    } else if (input.value !== "" && parameter.in === "query") {
      query.set(parameter.name, input.value);
    } else if (input.value !== "") {
      headers[parameter.name] = input.value;
    }
  }
  if (token.value) headers.Authorization = `Bearer ${token.value}`;
  if (body?.value) headers["Content-Type"] = "application/json";
  if (query.size) target += "?" + query;
  try {
    const answer = await fetch(target, { method, headers, body: body?.value || undefined });
    output.textContent = `${answer.status}\n`;
    const reader = answer.body?.getReader();
    const decoder = new TextDecoder();
    while (reader && output.textContent.length < 100000) {
      const { done, value } = await reader.read();
      if (done) return;
      output.textContent += decoder.decode(value, { stream: true });
    }
    reader?.cancel();
  } catch (error) {
    output.textContent = String(error);
  }
}

function entry(method, path, operation) {
  const details = element("details");
  details.append(element("summary", `${method.toUpperCase()} ${path}`), element("p", operation.summary));
  const form = element("form");
  const inputs = operation.parameters
    .filter((parameter) => parameter.name !== "X-Spool")
    .map((parameter) => [parameter, field(form, parameter.name, parameter.description, parameter.required)]);
  let body;
  if (operation.requestBody) {
    const label = element("label", "Body (JSON)");
    body = element("textarea", "", { spellcheck: "false" });
    label.append(body);
    form.append(label);
  }
  form.append(element("button", "Try"));
  const output = element("pre", "", { "aria-live": "polite" });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(method.toUpperCase(), path, operation, inputs, body, output);
  });
  details.append(form, output);
  return details;
}

const description = await (await fetch("/api/v1/openapi.json")).json();
for (const [path, item] of Object.entries(description.paths)) {
  for (const [method, operation] of Object.entries(item)) list.append(entry(method, path, operation));
}
