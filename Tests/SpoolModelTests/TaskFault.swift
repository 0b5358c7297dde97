import SpoolModel
import Testing

/// A value that may not stand at a key of a task, and what is said of it.
struct TaskFault: Sendable, CustomTestStringConvertible {
  var key: String
  var value: JSON?
  var told: String
  var message: String

  init(_ key: String, _ value: JSON?, at told: String? = nil, _ message: String) {
    self.key = key
    self.value = value
    self.told = told ?? key
    self.message = message
  }

  var testDescription: String {
    "\(key): \(String(decoding: (value ?? .null).compact, as: UTF8.self).prefix(60))"
  }
}

extension TaskFault {
  /// Every key, with what may not stand there.
  static let all: [TaskFault] = [
    TaskFault("name", nil, "missing: the task's name"),
    TaskFault("name", 7, "expected a string, found 7"),
    TaskFault("name", "a b", "\"a b\" is no name: \(Name.rule)"),
    TaskFault("name", "a.json", "\"a.json\" is no name: \(Name.rule)"),
    TaskFault("order", "size", "expected \"index\" or \"path\", found \"size\""),
    TaskFault(
      "order", "path",
      "only a job over all files of datasets, or over a group of them, has an order"),
    TaskFault("after", 7, "expected an array, found 7"),
    TaskFault("after", ["a b"], "\"a b\" is no name of a task or chain: \(Name.rule)"),
    TaskFault(
      "notBefore", "8 o'clock",
      "expected a time with its zone, as \"2027-03-01T08:00:00Z\", found \"8 o'clock\""),
    TaskFault("input", nil, "missing: a dataset's name, or {\"files\": […]}"),
    TaskFault(
      "input", 7,
      "expected a dataset's name, a list of names, or an object with files, count or values, "
        + "found 7"),
    TaskFault("input", "a/b", "\"a/b\" is no dataset's name: \(Name.rule)"),
    TaskFault("input", [], "an empty list"),
    TaskFault("input", ["a", 1], at: "input[1]", "expected a string, found 1"),
    TaskFault("input", ["a", "a"], "\"a\" is given twice"),
    TaskFault("input", [:], "expected exactly one of files, count, values"),
    TaskFault("input", ["files": [], "count": 1], "expected exactly one of files, count, values"),
    TaskFault(
      "input", ["fils": []], at: "input.fils", "unknown key; did you mean \"files\"?"),
    TaskFault(
      "input", ["count": -1], at: "input.count",
      "expected a whole number from 0 to 99999999, found -1"),
    TaskFault(
      "input", ["count": "3"], at: "input.count",
      "expected a whole number from 0 to 99999999, found \"3\""),
    TaskFault("input", ["files": "a"], at: "input.files", "expected an array, found \"a\""),
    TaskFault(
      "input", ["files": [1]], at: "input.files[0]",
      "expected a path or an object with path, found 1"),
    TaskFault(
      "input", ["files": ["a", "./a"]], at: "input.files[1]", "\"/data/a\" is given twice"),
    TaskFault(
      "input", ["files": ["../a"]], at: "input.files[0]",
      "\"..\" in \"../a\": write the path without it"),
    TaskFault(
      "input", ["files": [["size": 1]]], at: "input.files[0].path", "missing: the file's path"),
    TaskFault(
      "input", ["files": [["path": "a", "size": -1]]], at: "input.files[0].size",
      "expected a whole number from 0 to 9223372036854775807, found -1"),
    TaskFault(
      "input", ["files": [["path": "a", "adler32": "xyz"]]], at: "input.files[0].adler32",
      "expected 8 hexadecimal digits, found \"xyz\""),
    TaskFault(
      "input", ["files": [["path": "a", "adler32": "+1234567"]]], at: "input.files[0].adler32",
      "expected 8 hexadecimal digits, found \"+1234567\""),
    TaskFault(
      "input", ["files": [["path": "a", "adler32": "００00"]]], at: "input.files[0].adler32",
      "expected 8 hexadecimal digits, found \"００00\""),
    TaskFault(
      "input", ["values": [true]], at: "input.values[0]",
      "expected a string, a number or an object, found true"),
    TaskFault(
      "input", ["values": ["a\0b"]], at: "input.values[0]", "a string may not hold a NUL"),
    TaskFault("command", nil, "missing: a list: the program and its arguments"),
    TaskFault("command", "reco {input}", "expected an array, found \"reco {input}\""),
    TaskFault("command", [], "expected at least the program"),
    TaskFault("command", [""], "expected at least the program"),
    TaskFault("command", ["a", 1], at: "command[1]", "expected a string, found 1"),
    TaskFault("command", ["a\0"], at: "command[0]", "a string may not hold a NUL"),
    TaskFault("outputs", [:], "expected an array, found an object"),
    TaskFault("outputs", ["x"], at: "outputs[0]", "expected an object, found \"x\""),
    TaskFault("outputs", [[:]], at: "outputs[0].path", "missing: where the output goes"),
    TaskFault(
      "outputs", [["path": "{stem}/"]], at: "outputs[0].path", "\"{stem}/\" names a directory"),
    TaskFault(
      "outputs", [["path": "{stem}", "dataset": "a b"]], at: "outputs[0].dataset",
      "\"a b\" is no name: \(Name.rule)"),
    TaskFault(
      "outputs", [["path": "{stem}", "optional": 1]], at: "outputs[0].optional",
      "expected true or false, found 1"),
    TaskFault(
      "outputs", [["pth": "{stem}"]], at: "outputs[0].pth", "unknown key; did you mean \"path\"?"),
    TaskFault("queue", "gpus", "expected \"cpu\" or \"gpu\", found \"gpus\""),
    TaskFault("resources", 1, "expected an object, found 1"),
    TaskFault(
      "resources", ["cpus": 0], at: "resources.cpus",
      "expected a whole number from 1 to 4096, found 0"),
    TaskFault(
      "resources", ["cpus": .number(1.5)], at: "resources.cpus",
      "expected a whole number from 1 to 4096, found 1.5"),
    TaskFault(
      "resources", ["gpus": 65], at: "resources.gpus",
      "expected a whole number from 0 to 64, found 65"),
    TaskFault(
      "resources", ["memory": 2], at: "resources.memory",
      "expected a size as \"2GB\" or \"512MiB\", found 2"),
    TaskFault(
      "resources", ["memory": "2gb"], at: "resources.memory",
      "expected a size as \"2GB\" or \"512MiB\", found \"2gb\"; write 2GB, or 2GiB"),
    TaskFault(
      "resources", ["memory": "1kB"], at: "resources.memory",
      "expected from 1MiB to 1024TiB, found \"1kB\""),
    TaskFault(
      "resources", ["wall": "1h30m"], at: "resources.wall",
      "expected a time as \"10m\" or \"2h\", found \"1h30m\"; write one number and one unit of ms, s, "
        + "m, h, d: 90m, not 1h30m"),
    TaskFault(
      "resources", ["wall": "0s"], at: "resources.wall", "expected from 1ms to 1157d, found \"0s\""),
    TaskFault(
      "resources", ["wall": "1158d"], at: "resources.wall",
      "expected from 1ms to 1157d, found \"1158d\""),
    TaskFault("directory", 7, "expected a string, found 7"),
    TaskFault(
      "resources", ["tags": ["a+b"]], at: "resources.tags",
      "tags are of A-Z a-z 0-9 _ -, 32 bytes in all"),
    TaskFault(
      "resources", ["tags": ["0123456789abcdef", "0123456789abcdeg"]], at: "resources.tags",
      "tags are of A-Z a-z 0-9 _ -, 32 bytes in all"),
    TaskFault(
      "resources", ["mem": "1GB"], at: "resources.mem",
      "unknown key; known are cpus, gpus, memory, tags, tokens, wall"),
    TaskFault("resources", ["tokens": 1], at: "resources.tokens", "expected an object, found 1"),
    TaskFault(
      "resources", ["tokens": ["root": 0]], at: "resources.tokens.root",
      "expected a whole number from 1 to 1000000, found 0"),
    TaskFault(
      "resources", ["tokens": ["a b": 1]], at: "resources.tokens.a b",
      "no name of a token: up to 32 of A-Z a-z 0-9 _ -"),
    TaskFault("maxRunning", 0, "expected a whole number from 1 to 99999999, found 0"),
    TaskFault("maxRunning", "none", "expected a whole number from 1 to 99999999, found \"none\""),
    TaskFault(
      "filesPerJob", 0, "expected a whole number from 1 to 100000, or \"all\", found 0"),
    TaskFault(
      "filesPerJob", "any", "expected a whole number from 1 to 100000, or \"all\", found \"any\""),
    TaskFault("priority", 10, "expected a whole number from 0 to 9, found 10"),
    TaskFault("priority", "high", "expected a whole number from 0 to 9, found \"high\""),
    TaskFault("retry", 3, "expected an object, found 3"),
    TaskFault(
      "retry", ["attempts": 0], at: "retry.attempts",
      "expected a whole number from 1 to 100, found 0"),
    TaskFault(
      "retry", ["backoff": "soon"], at: "retry.backoff",
      "expected a time as \"5s\" or \"1m\", found \"soon\""),
    TaskFault("retry", ["backoff": "11m"], at: "retry.backoff", "expected at most 10m"),
    TaskFault(
      "retry", ["never": [0]], at: "retry.never[0]", "expected an exit code, 1 to 255, found 0"),
    TaskFault(
      "retry", ["growMemory": .number(0.5)], at: "retry.growMemory",
      "expected a number from 1.0 to 10.0, found 0.5"),
    TaskFault(
      "retry", ["atempts": 3], at: "retry.atempts", "unknown key; did you mean \"attempts\"?"),
    TaskFault("maxFailedJobs", -1, "expected a whole number from 0 to 99999999, found -1"),
    TaskFault("stopAfter", "3", "expected a whole number from 0 to 99999999, found \"3\""),
    TaskFault(
      "stuckAfter", "soon", "expected a time as \"30m\", or \"never\", found \"soon\""),
    TaskFault("stuckAfter", 30, "expected a time as \"30m\", or \"never\", found 30"),
    TaskFault("stop", "USR1", "expected an object, found \"USR1\""),
    TaskFault("stop", ["signl": "USR1"], at: "stop.signl", "unknown key; did you mean \"signal\"?"),
    TaskFault(
      "stop", ["signal": "KILL"], at: "stop.signal",
      "expected one of HUP, INT, QUIT, USR1, USR2, ALRM, TERM, XCPU, found \"KILL\""),
    TaskFault(
      "stop", ["before": "soon"], at: "stop.before", "expected a time as \"5m\", found \"soon\""),
    TaskFault("stop", ["before": "999ms"], at: "stop.before", "expected at least 1s"),
    TaskFault("stop", ["grace": 30], at: "stop.grace", "expected a time as \"30s\", found 30"),
    TaskFault(
      "stop", ["grace": "61m"], at: "stop.grace",
      "expected at most 1h: a pilot that leaves waits for it"),
    TaskFault("notify", 7, "expected a string, found 7"),
    TaskFault(
      "notify", "",
      "expected a command, or mail:ADDRESS, on one line of at most 1000 bytes, found \"\""),
    TaskFault(
      "notify", "mail:-x",
      "expected an address after mail:, as mail:ada@example.org, found \"mail:-x\""),
    TaskFault("checkpoint", "state", "expected an object, found \"state\""),
    TaskFault(
      "checkpoint", ["file": "a/b"], at: "checkpoint.file",
      "expected the name of a file in the scratch directory, without \"/\" and no dot in front, of "
        + "at most 100 bytes, found \"a/b\""),
    TaskFault(
      "checkpoint", ["file": "a", "exit": 0], at: "checkpoint.exit",
      "expected a whole number from 1 to 255, found 0"),
    TaskFault(
      "checkpoint", ["file": "a", "resumes": 0], at: "checkpoint.resumes",
      "expected a whole number from 1 to 1000000, found 0"),
    TaskFault(
      "checkpoint", ["file": "a", "maxSize": 5], at: "checkpoint.maxSize",
      "expected a size as \"1GB\" or \"100MiB\", found 5"),
    TaskFault(
      "checkpoint", ["file": "a", "maxSize": "101GB"], at: "checkpoint.maxSize",
      "expected from 1B to 100.0 GB"),
    TaskFault("stuckAfter", "999ms", "expected from 1s to 1157d, or \"never\""),
    TaskFault("environment", [], "expected an object, found an array"),
    TaskFault("environment", ["A": 1], at: "environment.A", "expected a string, found 1"),
    TaskFault(
      "environment", ["A=B": "1"], at: "environment.A=B",
      "no name for a variable (SPOOL_… are the pilot's)"),
    TaskFault(
      "environment", ["SPOOL_JOB": "1"], at: "environment.SPOOL_JOB",
      "no name for a variable (SPOOL_… are the pilot's)"),
    TaskFault(
      "environment", ["A\0": "1"], at: "environment.A\0",
      "no name for a variable (SPOOL_… are the pilot's)"),
    TaskFault("verify", "md5", "expected \"size\" or \"checksum\", found \"md5\""),
    TaskFault("verify", true, "expected a string, found true"),
    TaskFault("meta", 1, "expected an object, found 1"),
    TaskFault("format", 2, "expected 1, found 2"),
    TaskFault("comand", ["x"], "unknown key; did you mean \"command\"?"),
    TaskFault("Priority", 1, "unknown key; did you mean \"priority\"?"),
  ]
}
