import SpoolModel
import Testing

struct JSONParserTests {
  private func parse(_ text: String) throws -> JSON { try JSON.parse(bytes(text)) }

  private func error(_ text: String) -> JSONError? { error(bytes(text)) }

  private func error(_ bytes: [UInt8]) -> JSONError? {
    do throws(JSONError) {
      _ = try JSON.parse(bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test func readsEveryKindOfValue() throws {
    let text = #" { "a" : null, "b": [true,false , 1,-0, 1.5],"c":"x", "d":{} , "e":[] }"#
    let expected: JSON = .object(
      JSONObject([
        .init("a", .null), .init("b", [true, false, 1, 0, .number(1.5)]), .init("c", "x"),
        .init("d", [:]), .init("e", []),
      ]))
    #expect(try parse(text) == expected)
  }

  @Test(arguments: [
    "0", "-1", "1e5", "1E+5", "1e-5", "0.5", "-0.0", "\"\"", "\t\r\n true \n", "[[[]]]", "null",
  ])
  func accepts(_ text: String) { #expect(error(text) == nil) }

  @Test(arguments: [
    "", " \n", "tru", "truex", "True", "nul", "'a'", "[1,]", "[,1]", "[1 2]", "{,}", "{\"a\":1,}",
    "{\"a\"}", "{\"a\" 1}", "{a:1}", "{1:1}", "[", "{", "{\"a\":", "]", "}", "1 2", "01", "-01",
    "+1", "-", ".5", "1.", "1.e5", "1e", "1e+", "0x10", "1_000", "NaN", "Infinity", "-Infinity",
    "1e999", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"a\nb\"", "\"\t\"",
    "// c\n1", "[1]/* */", "\u{A0}1", "\u{2028}1",
  ])
  func refuses(_ text: String) { #expect(error(text) != nil) }

  @Test(arguments: ["\"\\u+123\"", "\"\\u-000\"", "\"\\u+0fF\"", "\"\\u 123\""])
  func fourHexadecimalDigitsAreDigits(_ text: String) {
    #expect(error(text)?.message == "expected four hexadecimal digits")
  }

  @Test func numbersAreWholeWhereTheyFit() throws {
    #expect(try parse("9223372036854775807") == .integer(.max))
    #expect(try parse("-9223372036854775808") == .integer(.min))
    #expect(try parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
    #expect(try parse("1.0") == .number(1))
    #expect(try parse("1e3") == .number(1000))
    #expect(try parse("5e-324") == .number(.leastNonzeroMagnitude))
    #expect(try parse("1e-999") == .number(0))
    #expect(error("-1e999")?.message == "the number is too large")
  }

  /// What Python and others write for numbers that JSON does not have.
  @Test(arguments: ["NaN", "Infinity", "-Infinity", "9223372036854775808", "1e999", "-1e999"])
  func anyNumber(_ text: String) throws {
    let list = Array("[1, \(text)]".utf8)
    #expect(try JSON.parse(list, anyNumber: true) == [1, .string(text)])
    #expect(throws: JSONError.self) { try JSON.parse(Array("[\(text)x]".utf8), anyNumber: true) }
  }

  @Test(arguments: ["NaN", "Infinity", "-Infinity"]) func noSuchNumberInARequest(_ text: String) {
    #expect(error(text) != nil)
  }

  @Test func escapes() throws {
    #expect(
      try parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC""#)
        == .string("\"\\/\u{8}\u{C}\n\r\tA\u{E9}\u{20AC}"))
    #expect(try parse(#""\u0000""#) == .string("\0"))
    #expect(try parse("\"\u{7F}\u{2028}é\"") == .string("\u{7F}\u{2028}é"))
  }

  @Test func surrogates() throws {
    #expect(try parse(#""\ud83d\ude00""#) == .string("😀"))
    #expect(try parse(#""\uD800\uDC00""#) == .string("\u{10000}"))
    #expect(try parse(#""\uDBFF\uDFFF""#) == .string("\u{10FFFF}"))
    for text in [
      #""\ud83d""#, #""\ud83dx""#, #""\ud83d\n""#, #""\ud83d\ud83d""#, #""\ude00""#,
      #""\ude00\ud83d""#,
    ] {
      #expect(error(text)?.message == "half of a surrogate pair", "\(text)")
    }
  }

  @Test func textThatIsNotUTF8() {
    let bad: [[UInt8]] = [
      [0xFF], [0xC0, 0xAF], [0xE9], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3],
    ]
    for inside in bad {
      #expect(error([34] + inside + [34])?.message == "a string is not UTF-8", "\(inside)")
      #expect(error([34, 92, 110] + inside + [34])?.message == "a string is not UTF-8")
      #expect(error(inside) != nil)
    }
  }

  @Test func aByteOrderMarkIsPassedOver() throws {
    #expect(try JSON.parse([0xEF, 0xBB, 0xBF] + bytes("[1]")) == [1])
    #expect(error([0xEF, 0xBB, 0xBF])?.message == "the text is empty")
    #expect(error(bytes("[1]") + [0xEF, 0xBB, 0xBF]) != nil)
  }

  @Test(arguments: [
    ("{\n  \"a\": 1\n  \"b\": 2\n}", 3, 3, "expected ',' or '}'"),
    ("{\n  \"a\": tru\n}", 2, 8, "expected a value"),
    ("{\"a\": 1,\r\n \"a\": 2}", 2, 5, "the key \"a\" is given twice"),
    ("{\"é\": x}", 1, 8, "expected a value"),
    ("[1,\n2,\n", 3, 1, "the text ends where a value is expected"),
    ("{\"a\": 1", 1, 8, "the text ends in an object"),
    ("[1", 1, 3, "the text ends in an array"),
    ("[1]\n\n2", 3, 1, "expected the end of the text"),
    ("{\"a\" 1}", 1, 6, "expected ':' after \"a\""),
    ("{\n\n  name: 1}", 3, 3, "expected a key in quotes"),
    ("\"ab\ncd\"", 1, 4, "a control character in a string: write it as an escape"),
    ("\"\\n\ncd\"", 1, 4, "a control character in a string: write it as an escape"),
  ])
  func errorsNameTheirPlace(_ text: String, _ line: Int, _ column: Int, _ message: String) {
    #expect(error(text)?.description == "line \(line), column \(column): \(message)")
  }

  @Test func linesCountFromTheGivenOne() throws {
    do throws(JSONError) {
      _ = try JSON.parse(bytes("{\n x}"), firstLine: 41)
      Issue.record("it was read")
    } catch {
      #expect(error.line == 42)
    }
    let json = try JSON.parse(bytes("{\"a\": 1,\n\"b\": 2}"), firstLine: 7)
    #expect(json.object?.line(of: "a") == 7)
    #expect(json.object?.line(of: "b") == 8)
    #expect(json.object?.line(of: "c") == nil)
  }

  @Test func keysGivenTwiceAreRefusedInLargeObjectsToo() {
    for count in [1, 11, 12, 13, 40] {
      for twin in [0, count / 2, count - 1] {
        let members = (0..<count).map { "\"k\($0)\": 1" } + ["\"k\(twin)\": 2"]
        let text = "{" + members.joined(separator: ", ") + "}"
        #expect(error(text)?.message == "the key \"k\(twin)\" is given twice", "\(count) \(twin)")
      }
    }
    #expect(error(#"{"a": 1, "\u0061": 2}"#)?.message == "the key \"a\" is given twice")
    #expect(error(#"{"a": {"a": 1}, "b": {"a": 1}}"#) == nil)
  }

  @Test func valuesAreCounted() throws {
    let text = bytes("{\"a\": [1, {}],\n\"b\": null}")
    #expect(try JSON.parse(text, most: 5) == parse("{\"a\": [1, {}], \"b\": null}"))
    #expect(throws: JSONError.self) { try JSON.parse(text, most: 4) }
  }

  @Test func nestingHasAnEnd() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(error(nested(64)) == nil)
    #expect(error(nested(65))?.message == "nested deeper than 64")
    #expect(error(String(repeating: "{\"a\":", count: 100_000))?.message == "nested deeper than 64")
    // Siblings are no depth.
    #expect(error("[" + String(repeating: "[[]],", count: 1000) + "[]]") == nil)
  }
}
