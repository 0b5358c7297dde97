// Words for the keys of requests. Their types and bounds come from the schemas; a key without words is shown by its name.

/** What is expected where a definition's pattern does not fit. */
export const EXPECTED = {
  name: "1 to 80 of A-Z a-z 0-9 . _ -, a letter or digit first, and no .json at the end",
  size: "a size with its unit, as 2GB or 512MiB",
  time: "a time with its unit, as 10m or 1.5s",
  retention: "step, chain, forever, or a time as 7d",
  stuckAfter: "a time of 1s at least, as 20m, or never",
  path: "a path without .. and without a / at the end",
  template: "holds a placeholder that does not exist; {{ stands for a brace",
  notBefore: "a time with its zone, as 2027-03-01T08:00:00Z",
  groupBy: "a text with {dir} {name} {stem} or {base}, or a pattern with one part in parentheses",
  adler32Given: "up to 8 hexadecimal digits",
};

export const WORDS = {
  name: ["Name", "Letters, digits, . _ -"],
  input: ["Input", "What the jobs are made of"],
  command: ["Command", "Program and arguments, quoted as in a shell; no shell runs them"],
  outputs: ["Outputs", "The files that each job writes"],
  queue: ["Queue", ""],
  directory: ["Directory", "Where the command runs; empty: a scratch directory"],
  filesPerJob: ["Files per job", "A number, or all"],
  groupBy: ["Group by", "Files with an equal key form one job: {dir}, or run(*)_*.root"],
  order: ["Order", "Of the input files of one job"],
  priority: ["Priority", "0 comes first, 9 last; 5 if empty"],
  after: ["After", "Tasks and chains that must have ended as done, one a line"],
  notBefore: ["Not before", "As 2027-03-01T08:00:00Z"],
  maxFailedJobs: ["Failed jobs allowed", "With more the task fails once all jobs have ended"],
  stopAfter: ["Stop after", "With more failed jobs the task fails at once"],
  maxRunning: ["Jobs at once", "Empty: no limit"],
  stuckAfter: ["Stuck after", "A payload that does nothing for so long is ended, as 20m, or never"],
  environment: ["Environment", "NAME=VALUE, one a line"],
  setup: ["Setup", "A script that is sourced before the command"],
  container: ["Container", ""], image: ["Image", "As /cvmfs/x.sif, or docker.io/library/debian:12"],
  mounts: ["Mounts", "Further paths that it may read, one a line"],
  notify: ["Notify", "mail:ADDRESS, or a command of the site"],
  verify: ["Verify", "checksum: inputs are read and checked"],
  retention: ["Retention", "step, chain, forever, or a time as 7d"],
  allowIncomplete: ["Run though files are missing", ""],
  resources: ["Resources", ""], cpus: ["Cores", ""], gpus: ["GPUs", ""],
  memory: ["Memory", "As 2GB"], wall: ["Wall time", "As 10m"],
  tags: ["Tags", "That a pilot must have, with commas"],
  tokens: ["Tokens", "NAME=NUMBER, one a line"],
  retry: ["Retry", ""], attempts: ["Attempts", "3 if empty"],
  backoff: ["Delay", "Before the second attempt, as 5s; doubled each time"],
  never: ["Never after", "Exit codes, with commas"],
  growMemory: ["Memory grows by", "After a job went over it"],
  growWall: ["Wall time grows by", "After a job went over it"],
  stop: ["Stop", ""], signal: ["Signal", "As USR1"], before: ["Before the end", "As 2m"],
  grace: ["Grace", "As 30s"],
  checkpoint: ["Checkpoint", ""], file: ["File", "In the scratch directory"], exit: ["Exit code", ""],
  resumes: ["Resumes", ""], maxSize: ["Largest size", "As 1GB"],
  steps: ["Steps", "Each reads what the step before makes, unless it names others"],
  files: ["Files", "One path a line"], closed: ["No file follows", ""],
  expected: ["Expected files", "How many the dataset has when it is complete"], watch: ["Watch", ""],
  pattern: ["Pattern", "As *.raw"], closeOn: ["Marker", "The file that ends it, as run42.end"],
  minAge: ["Least age", "As 2s"], settle: ["Settle", "As 5s"],
  path: ["Path", "As data/{stem}.root"],
  from: ["From", "Where the command leaves it in its scratch directory"], dataset: ["Dataset", ""],
  optional: ["Optional", ""], overwrite: ["May replace a file", ""], min: ["At least", ""],
  max: ["At most", ""], kind: ["Kind", ""],
};

/** The keys that most people need, in the order of the form; all others are below More. */
export const FIRST = {
  task: ["name", "input", "command", "outputs", "resources", "retry"],
  chain: ["name", "input", "steps"],
  step: ["name", "input", "command", "outputs"],
  dataset: ["name", "files", "closed"],
};

export const HIDDEN = new Set(["kind", "format", "meta"]);

export const PLACEHOLDERS = ["{input}", "{inputs}", "{inputList}", "{output}", "{report}", "{stem}",
  "{index}", "{value}", "{scratch}"];

export const EXAMPLES = {
  task: { kind: "task", name: "hello", input: { count: 10 }, command: ["echo", "job {index}"] },
  chain: {
    kind: "chain", name: "run1", input: "run1.raw",
    steps: [
      { name: "decode", command: ["decode", "{input}", "{output}"], outputs: [{ path: "data/{stem}.dec" }] },
      { name: "merge", filesPerJob: "all", command: ["merge", "{inputs}", "{output}"],
        outputs: [{ path: "data/run1.root" }] },
    ],
  },
  dataset: { kind: "dataset", name: "run1.raw", files: [], closed: true },
};
