import SpoolModel
import Testing

/// The values of jobs without files: lists of the command line and of files, and of requests.
struct SweepTests {
  private func text(_ body: (inout Sweep) throws -> Void) throws -> String {
    var sweep = Sweep()
    try body(&sweep)
    return String(decoding: sweep.values.compact, as: UTF8.self)
  }

  private func error(_ body: (inout Sweep) throws -> Void) -> RequestError? {
    requestError { _ = try text(body) }
  }

  @Test func oneListHasNoNames() throws {
    #expect(try text { try $0.add(list: "7,13,1.50") } == #"["7","13","1.50"]"#)
    #expect(try text { try $0.add(list: "a,b=c") } == #"["a","b=c"]"#)
    #expect(try text { try $0.add(list: "e=7") } == #"[{"e":"7"}]"#)
  }

  /// The last list changes first.
  @Test func severalListsAreCombined() throws {
    let found = try text {
      try $0.add(list: "e=7,13")
      try $0.add(file: "s.csv", bytes("s,t\n1,x\n2,y\n"))
    }
    #expect(
      found
        == #"[{"e":"7","s":"1","t":"x"},{"e":"7","s":"2","t":"y"},"#
        + #"{"e":"13","s":"1","t":"x"},{"e":"13","s":"2","t":"y"}]"#)
  }

  @Test func filesOfLinesTablesAndObjects() throws {
    #expect(
      try text { try $0.add(file: "v.txt", bytes("\u{FEFF}a b\r\n\n  \nc,d\n")) }
        == #"["a b","c,d"]"#)
    let table = "e , name\r\n7, \"a, \"\"b\"\"\" \n\n13,\n"
    #expect(
      try text { try $0.add(file: "v.csv", bytes(table)) }
        == #"[{"e":"7","name":"a, \"b\""},{"e":"13","name":""}]"#)
    #expect(
      try text {
        try $0.add(file: "v.jsonl", bytes("{\"e\": 7, \"b\": \"x\"}\n{\"b\": \"y\", \"e\": 0.5}\n"))
      }
        == #"[{"e":7,"b":"x"},{"b":"y","e":0.5}]"#)
  }

  static let faults: [(String, String, RequestError)] = [
    ("", "7,,8", RequestError("expected values with commas between, as 7,13,14, found \"7,,8\"")),
    ("", "", RequestError("expected values with commas between, as 7,13,14, found \"\"")),
    ("", "a b=7", RequestError("\"a b\" is no name of a value: \(Name.rule)")),
    ("v.txt", "\n \n", RequestError("no values")),
    ("v.csv", "e\n", RequestError("no values")),
    ("v.csv", "e,e\n1,2\n", RequestError(line: 1, "two columns of one name")),
    ("v.csv", "e,\n1,2\n", RequestError(line: 1, "\"\" is no name of a value: \(Name.rule)")),
    (
      "v.csv", "e,s\n\n1\n",
      RequestError(line: 3, "expected 2 values as the header has, found 1")
    ),
    ("v.csv", "e\n\"1\n", RequestError(line: 2, "a quote without its end")),
    (
      "v.csv", "e\n\"1\" 2\n", RequestError(line: 2, "expected a comma behind a quote, found \"2\"")
    ),
    (
      "v.jsonl", "{\"e\": 7}\n{\"f\": 7}\n",
      RequestError(line: 2, "expected the keys of the first line: e")
    ),
    (
      "v.jsonl", "\n7\n", RequestError(line: 2, "expected an object as {\"energy\": 7}, found 7")
    ),
    (
      "v.jsonl", "{\"e\": [7]}\n",
      RequestError(line: 1, key: "e", "expected a string or a number, found an array")
    ),
    (
      "v.jsonl", "{\"e e\": 7}\n",
      RequestError(line: 1, "\"e e\" is no name of a value: \(Name.rule)")
    ),
  ]

  @Test(arguments: faults)
  func isRefused(_ file: String, _ text: String, _ expected: RequestError) {
    let found = error {
      if file.isEmpty { try $0.add(list: text) } else { try $0.add(file: file, bytes(text)) }
    }
    #expect(found == expected)
  }

  @Test func listsThatDoNotCombine() {
    let names = RequestError("several lists of values need names, as energy=7,13")
    for lists in [["1", "2"], ["e=1", "2"], ["1", "e=2"]] {
      #expect(error { for list in lists { try $0.add(list: list) } } == names)
    }
    #expect(
      error { for _ in 0..<2 { try $0.add(list: "e=1") } } == RequestError("e is given twice"))
    let many = (0..<400).map(String.init).joined(separator: ",")
    #expect(
      error {
        try $0.add(list: "a=" + many)
        try $0.add(list: "b=" + many)
      } == RequestError("160000 combinations, and 100000 may be"))
  }

  // MARK: In a request

  private static let named: JSON = [
    "values": [["energy": 7, "seed": "a"], ["seed": "b", "energy": .number(0.5)]]
  ]

  private func fault(_ changes: [String: JSON?]) -> RequestError? {
    requestError { _ = try task(changes) }
  }

  @Test func namedValues() throws {
    let spec = try task([
      "input": Self.named, "command": ["sim", "-e={value.energy}", "{value.seed}"],
      "outputs": [["path": "{value.energy}.{value.seed}"]],
      "environment": ["E": "{value.energy}"],
    ])
    #expect(
      spec.input
        == .values([
          .named(["energy": "7", "seed": "a"]), .named(["energy": "0.5", "seed": "b"]),
        ]))
    #expect(spec.outputs[0].path.text == "/data/{value.energy}.{value.seed}")
  }

  @Test func placeholdersOfNamedValues() {
    #expect(
      fault(["input": Self.named, "command": ["{value}"]])
        == RequestError(
          key: "command[0]", "the values have names: write one of {value.energy} {value.seed}"))
    #expect(
      fault(["input": Self.named, "command": ["x", "{value.enrgy}"]])
        == RequestError(
          key: "command[1]",
          "no value has the name \"enrgy\"; did you mean {value.energy}?"))
    #expect(
      fault(["input": ["values": [1]], "command": ["x", "{value.e}"]])
        == RequestError(key: "command[1]", "the values have no names: write {value}"))
    #expect(
      fault(["input": ["count": 1], "command": ["x", "{value.e}"]])
        == RequestError(key: "command[1]", "only a task with values has {value}"))
    #expect(
      fault(["input": Self.named, "command": ["x"], "environment": ["A": "{value.x}"]])?.key
        == "environment.A")
    #expect(
      fault(["input": Self.named, "command": ["x"], "outputs": [["path": "{value}"]]])?.key
        == "outputs[0].path")
  }

  @Test func valuesThatAreNone() {
    let faults: [(JSON, String, String)] = [
      ([[:]], "values[0]", "expected at least one value with its name"),
      ([["a": 1], ["b": 1]], "values[1]", "expected an object with the keys a as the first has"),
      ([["a": 1], 2], "values[1]", "expected an object with the keys a as the first has"),
      ([2, ["a": 1]], "values[1]", "expected a string or a number as the first has"),
      ([["a": [1]]], "values[0].a", "expected a string or a number, found an array"),
      ([["a b": 1]], "values[0].a b", "\"a b\" is no name: \(Name.rule)"),
      ([["a": "\0"]], "values[0].a", "a string may not hold a NUL"),
      ([true], "values[0]", "expected a string, a number or an object, found true"),
    ]
    for (values, key, message) in faults {
      #expect(
        fault(["input": ["values": values], "command": ["x"]])
          == RequestError(key: "input.\(key)", message))
    }
  }
}
