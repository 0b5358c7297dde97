import SpoolModel

/// What is no JSON, and JSON that is no request.
extension BadInput {
  private static let good =
    "{\"kind\": \"task\", \"name\": \"NAME\",\n"
    + "\"input\": {\"count\": 1},\n\"command\": [\"true\"]}"

  private static func good(_ name: String) -> String { good.replacing("NAME", with: name) }

  private static func bytes(_ title: String, _ file: String, _ bytes: [UInt8], _ fate: Fate)
    -> BadInput
  {
    BadInput(title, file, .written { bytes }, fate)
  }

  static let texts: [BadInput] = [
    BadInput("no JSON", "no.json", "not json\n", .refused(["line 1", "not JSON", "a value"])),
    BadInput(
      "half a file", "half.json", String(good("half").prefix(60)),
      .refused(["line 3", "the text ends in"])),
    BadInput(
      "text after it", "tail.json", good("tail") + "\nthat is all",
      .refused(["line 4", "the end of the text"])),
    BadInput(
      "two objects", "two.json", good("two") + good("two.b"),
      .refused(["line 3", "the end of the text"])),
    BadInput(
      "a trailing comma", "comma.json", "{\"kind\": \"task\",\n\"command\": [\"a\",]}",
      .refused(["line 2", "column 17", "expected a value"])),
    BadInput(
      "a comment", "comment.json", "// mine\n" + good("comment"),
      .refused(["line 1", "expected a value"])),
    BadInput(
      "what Python prints", "python.json", "{'kind': 'task'}",
      .refused(["line 1", "a key in quotes"])),
    BadInput(
      "not a number", "nan.json", "{\"kind\": \"task\",\n\"priority\": NaN}",
      .refused(["line 2", "expected a value"])),
    BadInput("a BOM", "bom.json", "\u{FEFF}" + good("bom"), .done("bom")),
    bytes(
      "UTF-16", "utf16.json", [0xFF, 0xFE] + Array("{}".utf16).flatMap { [UInt8($0), 0] },
      .refused(["line 1", "not JSON"])),
    bytes(
      "zeros of a torn disk", "zeros.json", Array(repeating: 0, count: 4096),
      .refused(["line 1", "not JSON"])),
    bytes(
      "Latin-1 in a string", "latin.json",
      Array("{\"kind\": \"task\",\n\"name\": \"l".utf8) + [0xE4] + Array("b\"}".utf8),
      .refused(["line 2", "not UTF-8"])),
    BadInput(
      "half a surrogate pair", "half.pair.json", "{\"kind\":\n\"\\ud800\"}",
      .refused(["line 2", "surrogate"])),
    BadInput(
      "a control character", "control.json", "{\"kind\": \"ta\u{1}sk\"}",
      .refused(["line 1", "control character", "escape"])),
    BadInput(
      "an unknown escape", "escape.json", "{\"kind\": \"\\x41\"}",
      .refused(["line 1", "no such escape"])),
    BadInput(
      "a key twice", "key.twice.json", "{\"kind\": \"task\",\n\"name\": \"a\",\n\"name\": \"b\"}",
      .refused(["line 3", "\"name\" is given twice"])),
    BadInput(
      "a list", "list.json", "[" + good("list") + "]", .refused(["expected an object", "an array"])),
    BadInput("a string", "string.json", "\"task\"", .refused(["expected an object", "\"task\""])),
    BadInput("a number", "number.json", "42", .refused(["expected an object", "42"])),
    BadInput("null", "null.json", "null", .refused(["expected an object", "null"])),
    BadInput(
      "nested 10,000 deep", "deep.json", .written { deep(10_000) },
      .refused(["line 1", "nested deeper than 64"])),
    BadInput(
      "nested 1,000,000 deep", "deeper.json", .written { deep(1_000_000) },
      .refused(["line 1", "nested deeper than 64"])),
    BadInput("no kind", ["name": "no.kind"], .refused(["key \"kind\"", "missing", "task"])),
    BadInput(
      "a kind that is near", "tusk.json", "{\n\"kind\": \"tusk\"}",
      .refused(["line 2", "key \"kind\"", "did you mean \"task\"?"])),
    BadInput(
      "a kind that is a number", "kind.json", "{\"kind\": 1}",
      .refused(["line 1", "key \"kind\"", "no kind of request: 1"])),
  ]

  private static func deep(_ depth: Int) -> [UInt8] {
    Array(repeating: UInt8(ascii: "["), count: depth)
      + Array(repeating: UInt8(ascii: "]"), count: depth)
  }
}
