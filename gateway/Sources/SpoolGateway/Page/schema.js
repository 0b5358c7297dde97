// A validator for the JSON Schemas of docs/schema, as the gateway serves them.

/** The schemas of a spool's files by name, with the references between them. */
export class Schemas {
  constructor(components) {
    this.all = components;
  }

  get(name) {
    return this.all[name] ?? this.all[`${name}.schema.json`] ?? this.all[name.replace(/-/g, "_")];
  }

  /** Follows `$ref`; what stands beside one counts, too. Returns the schema and the name of its last reference. */
  resolve(schema, home) {
    let name = null, steps = 0;
    const beside = {};
    while (schema?.$ref && steps++ < 20) {
      const { $ref, ...rest } = schema;
      Object.assign(beside, rest);
      const inner = /^#\/components\/schemas\/([^/]+)(.*)$/.exec($ref);
      const [file, pointer] = inner ? [inner[1], inner[2]] : $ref.split("#");
      home = file ? file.replace(/^.*\//, "").replace(/\.schema\.json$/, "") : home;
      let next = this.get(home);
      for (const part of (pointer ?? "").split("/").filter(Boolean)) next = next?.[decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")];
      name = (pointer ?? "").split("/").pop() || home;
      schema = next;
    }
    return { schema: schema ?? {}, beside, home, name };
  }

  /** What is wrong with a value: `[{path, message}]`. `told` maps names of definitions to words. */
  check(value, schema, home, told = {}, path = []) {
    if (schema === true || schema === undefined) return [];
    if (schema === false) return [{ path, message: "is not allowed here" }];
    const at = this.resolve(schema, home);
    const words = told[at.name] ?? told[path[path.length - 1]];
    const found = this.#check(value, at.schema, at.home, told, path, words);
    if (Object.keys(at.beside).length) found.push(...this.#check(value, at.beside, home, told, path, words));
    return found;
  }

  #check(value, schema, home, told, path, words) {
    const out = [], say = (message, where = path) => out.push({ path: where, message });
    const inner = (next, part, where = path) => this.check(next, part, home, told, where);
    if (schema.type !== undefined && !typed(value, schema.type)) {
      say(words ?? `must be ${[schema.type].flat().map((one) => TYPES[one]).join(" or ")}`);
      return out;
    }
    if (schema.const !== undefined && value !== schema.const) say(`must be ${JSON.stringify(schema.const)}`);
    if (schema.enum && !schema.enum.includes(value)) say(`must be one of ${schema.enum.map((one) => JSON.stringify(one)).join(", ")}`);
    if (typeof value === "string") this.#string(value, schema, say, words);
    if (typeof value === "number") number(value, schema, say);
    if (Array.isArray(value)) {
      if (value.length < (schema.minItems ?? 0)) say(schema.minItems === 1 ? "must not be empty"
        : `must have ${schema.minItems} entries at least`);
      if (value.length > (schema.maxItems ?? Infinity)) say(`must have ${schema.maxItems} entries at most`);
      if (schema.uniqueItems && new Set(value.map((one) => JSON.stringify(one))).size < value.length) say("has an entry twice");
      if (schema.items) value.slice(0, 2000).forEach((one, index) => out.push(...inner(one, schema.items,
        [...path, index])));
    } else if (value && typeof value === "object") this.#object(value, schema, say, inner, path, out);
    for (const part of schema.allOf ?? []) out.push(...inner(value, part));
    for (const key of ["anyOf", "oneOf"]) {
      if (!schema[key]) continue;
      const tries = schema[key].map((part) => inner(value, part));
      if (!tries.some((one) => !one.length)) out.push(...(words ? [{ path, message: words }] : closest(value,
        tries, path, schema[key], this, home)));
    }
    if (schema.not && !inner(value, schema.not).length) say(words ?? "is not allowed");
    if (schema.if) out.push(...(inner(value, schema.if).length
      ? (schema.else === undefined ? [] : inner(value, schema.else)) : schema.then === undefined ? []
        : inner(value, schema.then)));
    return out;
  }

  #string(value, schema, say, words) {
    if ([...value].length < (schema.minLength ?? 0)) return say("must not be empty");
    if ([...value].length > (schema.maxLength
      ?? Infinity)) return say(`must have ${schema.maxLength} characters at most`);
    if (schema.pattern && !pattern(schema.pattern).test(value)) say(words ?? schema.description
      ?? `must look like ${schema.pattern}`);
  }

  #object(value, schema, say, inner, path, out) {
    for (const key of schema.required ?? []) if (!Object.hasOwn(value, key)) say("is required", [...path, key]);
    const keys = Object.keys(value);
    if (keys.length < (schema.minProperties ?? 0)) say("must not be empty");
    const patterns = Object.entries(schema.patternProperties ?? {}).map(([key, part]) => [pattern(key), part]);
    for (const key of keys) {
      const where = [...path, key];
      let known = false;
      if (schema.propertyNames && inner(key, schema.propertyNames, where).length) say(
        "is no name that may stand here", where);
      if (schema.properties && Object.hasOwn(schema.properties, key)) {
        known = true;
        out.push(...inner(value[key], schema.properties[key], where));
      }
      for (const [test, part] of patterns) {
        if (!test.test(key)) continue;
        known = true;
        out.push(...inner(value[key], part, where));
      }
      if (known || schema.additionalProperties === undefined) continue;
      if (schema.additionalProperties === false) {
        const near = nearest(key, Object.keys(schema.properties ?? {}));
        say(`unknown key${near ? `; did you mean "${near}"?` : ""}`, where);
      } else out.push(...inner(value[key], schema.additionalProperties, where));
    }
  }
}

const TYPES = { string: "a text", number: "a number", integer: "a whole number", boolean: "true or false",
  array: "a list", object: "an object", null: "null" };

function typed(value, types) {
  return [types].flat().some((type) => {
    if (type === "integer") return Number.isInteger(value);
    if (type === "array") return Array.isArray(value);
    if (type === "null") return value === null;
    if (type === "object") return value !== null && typeof value === "object" && !Array.isArray(value);
    return typeof value === type;
  });
}

function number(value, schema, say) {
  if (value < (schema.minimum ?? -Infinity)) say(`must be ${schema.minimum} at least`);
  else if (value > (schema.maximum ?? Infinity)) say(`must be ${schema.maximum} at most`);
  else if (value <= (schema.exclusiveMinimum ?? -Infinity)) say(`must be above ${schema.exclusiveMinimum}`);
}

const patterns = new Map();
function pattern(source) {
  if (!patterns.has(source)) patterns.set(source, new RegExp(source, "u"));
  return patterns.get(source);
}

/** The errors of the branch that was most likely meant: one whose type fits, with the fewest errors. */
function closest(value, tries, path, branches, schemas, home) {
  const fits = tries.map((errors, at) => ({ errors,
    top: errors.some((one) => one.path.length === path.length), at }));
  fits.sort((a, b) => a.top - b.top || a.errors.length - b.errors.length);
  if (!fits[0].top) return fits[0].errors;
  const types = branches.map((part) => schemas.resolve(part, home).schema.type);
  const same = fits.find(({ at }) => types[at] && typed(value, types[at]));
  return (same ?? fits[0]).errors;
}

/** The nearest of some words, if it is near enough to be what was meant. */
export function nearest(word, words) {
  let best = null, least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const one of words) {
    const far = distance(word.toLowerCase(), one.toLowerCase());
    if (far < least) [best, least] = [one, far];
  }
  return best;
}

function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j] + 1, next[j - 1] + 1,
      row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}
