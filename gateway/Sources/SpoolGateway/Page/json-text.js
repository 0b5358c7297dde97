// JSON with the place of each value, so that a problem can be shown where it is.

export class JsonError extends Error {
  constructor(message, line, column) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

/** Stands between the parts of a path; no key of a request holds it, and a selector can name it. */
export const SEPARATOR = "\u001f";

export const pathKey = (path) => path.join(SEPARATOR);

/** Reads a text: `{value, lines}`, with the line of each key and item by `pathKey`. Throws a `JsonError`. */
export function parseJson(text) {
  let at = 0, line = 1, start = 0;
  const lines = new Map();

  const fail = (message) => {
    throw new JsonError(message, line, at - start + 1);
  };

  function blank() {
    for (;;) {
      const c = text[at];
      if (c === "\n") {
        line++;
        start = at + 1;
      } else if (c !== " " && c !== "\t" && c !== "\r") return;
      at++;
    }
  }

  function value(path) {
    blank();
    const key = pathKey(path);
    if (!lines.has(key)) lines.set(key, line);
    if (path.length > 64) fail("too deep");
    const c = text[at];
    if (c === "{") return object(path);
    if (c === "[") return array(path);
    if (c === '"') return string();
    if (c === undefined) fail("the text ends here, and a value is expected");
    const word = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
    word.lastIndex = at;
    const match = word.exec(text);
    if (!match) fail(`a value is expected, not ${JSON.stringify(c)}`);
    at += match[0].length;
    return JSON.parse(match[0]);
  }

  function string() {
    const from = at++;
    while (text[at] !== '"') {
      if (text[at] === undefined || text[at] === "\n") fail("the text in quotes does not end on this line");
      at += text[at] === "\\" ? 2 : 1;
    }
    at++;
    try {
      return JSON.parse(text.slice(from, at));
    } catch {
      at = from;
      return fail("a text in quotes holds something that is not allowed there");
    }
  }

  function object(path) {
    const out = {};
    at++;
    blank();
    if (text[at] === "}") return at++, out;
    for (;;) {
      blank();
      if (text[at] !== '"') fail(text[at] === "}" ? "a comma stands before the closing brace"
        : "a key in quotes is expected");
      const where = line, key = string();
      if (Object.hasOwn(out, key)) fail(`the key "${key}" is there twice`);
      lines.set(pathKey([...path, key]), where);
      blank();
      if (text[at] !== ":") fail(`a colon is expected behind "${key}"`);
      at++;
      Object.defineProperty(out, key,
        { value: value([...path, key]), enumerable: true, writable: true, configurable: true });
      blank();
      if (text[at] === "}") return at++, out;
      if (text[at] !== ",") fail("a comma or a closing brace is expected");
      at++;
    }
  }

  function array(path) {
    const out = [];
    at++;
    blank();
    if (text[at] === "]") return at++, out;
    for (;;) {
      out.push(value([...path, out.length]));
      blank();
      if (text[at] === "]") return at++, out;
      if (text[at] !== ",") fail("a comma or a closing bracket is expected");
      at++;
      blank();
      if (text[at] === "]") fail("a comma stands before the closing bracket");
    }
  }

  const whole = value([]);
  blank();
  if (at < text.length) fail("more text follows after the end");
  return { value: whole, lines };
}
