import SpoolModel

/// Values that may not stand at a key of a task: told with the line, the key, and what was expected.
extension BadInput {
  /// A task with one member a line, of which the value of `key` is bad, or missing.
  private static func key(
    _ key: String, _ value: JSON?, at told: String? = nil, _ words: String...
  ) -> BadInput {
    let told = told ?? key
    let shown = value.map { String(decoding: $0.compact.prefix(30), as: UTF8.self) } ?? "missing"
    var object = plainTask("bad").object ?? JSONObject()
    object[key] = nil
    var line: [String] = []
    if let value {
      object[key] = value
      line = ["line \(object.members.count + 1)"]
    }
    let lines = object.members.map {
      "\"\($0.key)\": \(String(decoding: $0.value.compact, as: UTF8.self))"
    }
    let text = "{\n" + lines.joined(separator: ",\n") + "\n}"
    let file = "\(told) \(words.first ?? "")".map { $0.isLetter || $0.isNumber ? $0 : "." }
    return BadInput(
      "\(key): \(shown)", "key." + String(file).prefix(80) + ".json", text,
      .refused(line + ["key \"\(told)\""] + words))
  }

  static let keys: [BadInput] = [
    key("name", nil, "missing: the task's name"),
    key("input", nil, "missing: a dataset's name"),
    key("command", nil, "missing: a list"),
    key("name", 7, "expected a string, found 7"),
    key("input", 8, "expected a dataset's name, a list of names, or an object", "found 8"),
    key("input", ["count": "3"], at: "input.count", "expected a whole number", "found \"3\""),
    key("input", ["fils": ["a"]], at: "input.fils", "did you mean \"files\"?"),
    key("command", "true", "expected an array, found \"true\""),
    key("command", ["echo", 9], at: "command[1]", "expected a string, found 9"),
    key("stop", ["signal": "KILL"], at: "stop.signal", "expected one of HUP", "found \"KILL\""),
    key("notify", "mail:", "expected an address after mail:"),
    key("checkpoint", ["exit": 85], at: "checkpoint.file", "missing: the name of a file"),
    key("outputs", "x", "expected an array, found \"x\""),
    key("outputs", [["pth": "x"]], at: "outputs[0].pth", "did you mean \"path\"?"),
    key("queue", "fast", "expected \"cpu\" or \"gpu\", found \"fast\""),
    key("resources", [], "expected an object, found an array"),
    key("resources", ["cpus": "2"], at: "resources.cpus", "expected a whole number", "found \"2\""),
    key("resources", ["gpus": .number(0.5)], at: "resources.gpus", "whole number", "found 0.5"),
    key(
      "resources", ["memory": 2], at: "resources.memory", "expected a size as \"2GB\"", "found 2"),
    key("resources", ["wall": 10], at: "resources.wall", "expected a time as \"10m\"", "found 10"),
    key("resources", ["tags": "ssd"], at: "resources.tags", "expected an array", "found \"ssd\""),
    key("filesPerJob", "some", "expected a whole number from 1 to 100000, or \"all\""),
    key("priority", "high", "expected a whole number from 0 to 9, found \"high\""),
    key("retry", 3, "expected an object, found 3"),
    key("retry", ["attempts": true], at: "retry.attempts", "whole number", "found true"),
    key("retry", ["backoff": 5], at: "retry.backoff", "expected a time as \"5s\"", "found 5"),
    key("retry", ["never": 2], at: "retry.never", "expected an array, found 2"),
    key("retry", ["growMemory": "2"], at: "retry.growMemory", "expected a number", "found \"2\""),
    key("maxFailedJobs", "none", "expected a whole number", "found \"none\""),
    key("stopAfter", .null, "expected a whole number", "found null"),
    key("environment", ["A=1"], "expected an object, found an array"),
    key("environment", ["A": 1], at: "environment.A", "expected a string, found 1"),
    key("environment", ["A=B": "1"], at: "environment.A=B", "no name for a variable"),
    key("verify", true, "expected a string, found true"),
    key("meta", "2027a", "expected an object, found \"2027a\""),
    key("comand", ["true"], "unknown key; did you mean \"command\"?"),
    key("cpus", 4, "unknown key; known are after, allowIncomplete, checkpoint, command,"),
    key("command", ["a\0b"], at: "command[0]", "may not hold a NUL"),
    key("environment", ["A": "a\0b"], at: "environment.A", "may not hold a NUL"),
    key("command", ["echo", "{inptu}"], at: "command[1]", "no placeholder {inptu}", "{input}?"),
    key("command", ["echo", "a{b"], at: "command[1]", "\"{\" without \"}\"", "write {{"),
    key("command", ["cat", "{input}"], at: "command[1]", "the task has no input files"),
    key("command", ["echo", "{value}"], at: "command[1]", "only a task with values"),
    key("command", ["tee", "{output}"], at: "command[1]", "needs an entry in \"outputs\""),
    key("command", ["tee", "{output:b}"], at: "command[1]", "no output has \"name\": \"b\""),
  ]

  private static func name(_ title: String, _ name: String, _ words: String...) -> BadInput {
    BadInput(
      "a name \(title)", plainTask(name),
      .refused(["key \"name\"", "is no name: 1 to 80 of"] + words))
  }

  static let names: [BadInput] = [
    name("with dots that lead up", "../up", "\"../up\""),
    name("with a slash", "a/b", "\"a/b\""),
    name("of 81 letters", String(repeating: "n", count: 81)),
    name("that ends in json", "a.json"),
    name("with a line end", "a\nb", "\"a\\nb\""),
    name("with a terminal's escape", "a\u{1b}[2J", "\\u{1b}[2J"),
    name("that is empty", "", "\"\""),
    name("of 100,000 letters", String(repeating: "n", count: 100_000), "nnn … nnn"),
  ]

  private static func output(_ title: String, _ path: String, _ words: String...) -> BadInput {
    BadInput(
      "an output \(title)", plainTask("bad", ["outputs": [["path": .string(path)]]]),
      .refused(["key \"outputs"] + words))
  }

  static let paths: [BadInput] = [
    output("above", "../{index}.txt", "\"..\" in \"../{index}.txt\""),
    output("that is the root", "/", "names a directory"),
    output("that is a directory", "out/{index}/", "names a directory"),
    output("elsewhere", "root://eos/{index}", "\"root:\" is reserved"),
    output("with a line end", "a\n{index}", "neither NUL nor a line's end"),
    output("with a NUL", "a\0{index}", "may not hold a NUL"),
    output("of 5,000 letters", String(repeating: "d/", count: 2500) + "{index}", "4000 bytes"),
    output("that is empty", "", "may not be empty"),
    output("of an unknown placeholder", "{stm}", "no placeholder {stm}", "{stem}?"),
    output("of no input", "{stem}", "no input files"),
    output("in the journal", "spool/journal/{index}.log", "is inside the spool"),
    BadInput(
      "an input above", plainTask("bad", ["input": ["files": ["../a"]]]),
      .refused(["line", "input.files[0]", "\"..\" in \"../a\""])),
    BadInput(
      "an output that every job would write",
      plainTask("bad", ["input": ["count": 2], "outputs": [["path": "out/one.txt"]]]),
      .refused(["outputs[0].path", "every job would write it", "{index}"])),
    BadInput(
      "two outputs on one path",
      plainTask("bad", ["outputs": [["path": "{index}"], ["path": "./{index}"]]]),
      .refused(["outputs[1].path", "two outputs with one path"])),
  ]

  private static func resource(_ key: String, _ value: JSON, _ words: String...) -> BadInput {
    let resources = JSONObject([.init(key, value)])
    return BadInput(
      "\(key) \(String(decoding: value.compact, as: UTF8.self))",
      plainTask("bad", ["resources": .object(resources)]),
      .refused(["line", "key \"resources.\(key)\""] + words))
  }

  static let numbers: [BadInput] = [
    resource("cpus", 0, "from 1 to 4096, found 0"),
    resource("cpus", -1, "from 1 to 4096, found -1"),
    resource("cpus", 1_000_000_000, "from 1 to 4096, found 1000000000"),
    resource("gpus", -1, "from 0 to 64, found -1"),
    resource("memory", "0", "from 1MiB to 1024TiB"),
    resource("memory", "-5GB", "expected a size", "found \"-5GB\""),
    resource("memory", "1e30GB", "expected a size", "found \"1e30GB\""),
    resource("memory", "five", "expected a size", "found \"five\""),
    resource("wall", "0s", "from 1ms to 1157d"),
    resource("wall", "999999d", "from 1ms to 1157d"),
    BadInput(
      "priority 10", plainTask("bad", ["priority": 10]), .refused(["from 0 to 9, found 10"])),
    BadInput(
      "no attempts", plainTask("bad", ["retry": ["attempts": 0]]),
      .refused(["retry.attempts", "from 1 to 100, found 0"])),
    BadInput(
      "a number without end", "endless.json", "{\"kind\": \"task\",\n\"priority\": 1e999}",
      .refused(["line 2", "the number is too large"])),
    BadInput(
      "twenty digits", "digits.json",
      "{\"kind\": \"task\", \"name\": \"a\", \"input\": {\"count\":\n99999999999999999999},\n"
        + "\"command\": [\"true\"]}", .refused(["line 1", "input.count", "found 1e+20"])),
    BadInput(
      "a billion jobs", plainTask("bad", ["input": ["count": 1_000_000_000]]),
      .refused(["input.count", "from 0 to 99999999"])),
  ]
}
