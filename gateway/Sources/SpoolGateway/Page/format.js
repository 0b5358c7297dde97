// Numbers, sizes and times as people read them.

const plain = new Intl.NumberFormat("en");

export const count = (n) => (n === undefined || n === null ? "–" : plain.format(n));

/** A number in at most five characters: 950, 12.3k, 1.2M. */
export function compact(n) {
  if (n === undefined || n === null || Number.isNaN(n)) return "–";
  const size = Math.abs(n);
  if (size < 1000) return Number.isInteger(n) ? String(n) : String(+n.toPrecision(3));
  for (const [unit, of] of [["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e3]]) {
    if (size >= of) return `${+(n / of).toPrecision(3)}${unit}`;
  }
}

export function bytes(n) {
  if (n === undefined || n === null) return "–";
  for (const [unit, of] of [["PB", 1e15], ["TB", 1e12], ["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) {
    if (n >= of) return `${+(n / of).toPrecision(3)} ${unit}`;
  }
  return `${n} B`;
}

/** A stretch of time in seconds: 350 ms, 12 s, 3 m 20 s, 2 h 5 m, 3 d 4 h. */
export function span(seconds) {
  if (seconds === undefined || seconds === null || !Number.isFinite(seconds)) return "–";
  if (seconds < 0) seconds = 0;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${+seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return two(Math.floor(whole / 60), "m", whole % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return two(Math.floor(minutes / 60), "h", minutes % 60, "m");
  const hours = Math.round(seconds / 3600);
  return two(Math.floor(hours / 24), "d", hours % 24, "h");
}

const two = (a, unit, b, small) => (b ? `${a} ${unit} ${b} ${small}` : `${a} ${unit}`);

export const ago = (millis, now = Date.now()) => (millis ? `${span(Math.max(0, (now - millis) / 1000))} ago` : "–");

export function rate(perSecond) {
  if (!perSecond || !Number.isFinite(perSecond)) return "–";
  if (perSecond >= 1) return `${+perSecond.toPrecision(3)}/s`;
  if (perSecond * 60 >= 1) return `${+(perSecond * 60).toPrecision(3)}/min`;
  return `${+(perSecond * 3600).toPrecision(2)}/h`;
}

export function clock(millis, seconds = true) {
  if (!millis) return "–";
  const time = new Date(millis);
  const hours = `${pad(time.getHours())}:${pad(time.getMinutes())}`;
  const date = time.toDateString() === new Date().toDateString() ? ""
    : `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())} `;
  return date + hours + (seconds ? `:${pad(time.getSeconds())}` : "");
}

const pad = (n) => String(n).padStart(2, "0");

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** The parts of a job's name `TASK.INDEX` or of an attempt's `TASK.INDEX.aN`. */
export function jobParts(name) {
  const match = /^(.+)\.(\d{8})(?:\.a(\d+))?$/.exec(name);
  return match && { task: match[1], index: Number(match[2]), attempt: match[3] && Number(match[3]) };
}

export const jobName = (task, index) => `${task}.${String(index).padStart(8, "0")}`;
