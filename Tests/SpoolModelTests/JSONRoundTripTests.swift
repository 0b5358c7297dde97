import SpoolModel
import Testing

struct JSONRoundTripTests {
  private static let letters =
    "aZ09 \"\\/\n\r\t\u{0}\u{1}\u{8}\u{1F}\u{7F}{}[]:,é€😀\u{301}\u{2028}\u{FEFF}\u{10FFFF}"

  private func value(_ random: inout SeededRandom, depth: Int) -> JSON {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .integer(Int.random(in: .min ... .max, using: &random))
    case 3: return .integer(Int.random(in: -1000...1000, using: &random))
    case 4: return .number(finite(&random))
    case 5, 6: return .string(random.text(Self.letters, 0...12))
    case 7:
      return .array(
        (0..<Int.random(in: 0...5, using: &random)).map { _ in
          value(&random, depth: depth - 1)
        })
    default: return .object(object(&random, depth: depth))
    }
  }

  private func object(_ random: inout SeededRandom, depth: Int) -> JSONObject {
    var object = JSONObject()
    for index in 0..<Int.random(in: 0...16, using: &random) {
      object["\(index)" + random.text(Self.letters, 0...6)] = value(&random, depth: depth - 1)
    }
    return object
  }

  /// Any bit pattern that is a number.
  private func finite(_ random: inout SeededRandom) -> Double {
    while true {
      let value = Double(bitPattern: random.next())
      if value.isFinite { return value }
    }
  }

  @Test(arguments: 0..<300 as Range<UInt64>)
  func whatIsWrittenIsReadAgain(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let json = value(&random, depth: 5)
    let compact = json.compact
    #expect(try JSON.parse(compact) == json)
    #expect(!compact.contains { $0 < 32 }, "one line, without control characters")
    #expect(try JSON.parse(json.pretty) == json)
    #expect(try JSON.parse(compact).compact == compact)
  }

  /// Cut or changed text is read or refused, and nothing else.
  @Test(arguments: 0..<100 as Range<UInt64>)
  func damagedTextIsNoTrap(seed: UInt64) {
    var random = SeededRandom(seed)
    let good = value(&random, depth: 4).compact
    for _ in 0..<50 {
      var bad = good
      let at = Int.random(in: 0..<bad.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: bad[at] = UInt8.random(in: 0...255, using: &random)
      case 1: bad.removeSubrange(at...)
      default: bad.remove(at: at)
      }
      if let json = try? JSON.parse(bad) { #expect((try? JSON.parse(json.compact)) == json) }
    }
  }

  @Test func objectsOfAnOpenTextAreNeverRead() {
    let text = bytes(#"{"kind":"task","input":{"count":1},"command":["a"]}"#)
    for length in 0..<text.count {
      #expect((try? JSON.parse(Array(text[..<length]))) == nil, "\(length) bytes")
    }
  }
}

struct JSONWriterTests {
  @Test func compactIsOneLineInTheOrderOfTheMembers() {
    let json: JSON = ["b": [1, .number(2.5), .null], "a": ["x": true, "y": "z\n\"\\\u{1}"]]
    #expect(
      String(decoding: json.compact, as: UTF8.self)
        == #"{"b":[1,2.5,null],"a":{"x":true,"y":"z\n\"\\\u0001"}}"#)
  }

  @Test func numbersKeepTheirKind() throws {
    for (json, text) in [
      (JSON.number(1), "1.0"), (.number(-0.0), "-0.0"), (.number(1e300), "1e+300"),
      (.number(.infinity), "null"), (.number(.nan), "null"), (.integer(.min), "\(Int.min)"),
    ] {
      #expect(String(decoding: json.compact, as: UTF8.self) == text)
    }
  }

  @Test func prettyBreaksWhatIsLong() {
    let long = JSON.string(String(repeating: "x", count: 80))
    let json: JSON = ["short": [1, 2], "long": [long], "empty": [:]]
    let text = String(decoding: json.pretty, as: UTF8.self)
    let x = String(repeating: "x", count: 80)
    #expect(
      text == "{\n  \"short\": [1,2],\n  \"long\": [\n    \"\(x)\"\n  ],\n  \"empty\": {}\n}\n")
  }

  @Test func membersAreSetReplacedAndRemoved() {
    var object = JSONObject()
    object["a"] = 1
    object["b"] = 2
    object["a"] = 3
    object["c"] = nil
    #expect(object == JSONObject([.init("a", 3), .init("b", 2)]))
    object["a"] = nil
    #expect(object["a"] == nil)
    #expect(object.members.map(\.key) == ["b"])
  }

  @Test func accessorsAnswerOnlyForTheirKind() {
    #expect(JSON.integer(3).double == 3)
    #expect(JSON.number(3).integer == nil)
    #expect(JSON.string("3").integer == nil)
    #expect(JSON.bool(true).integer == nil)
    #expect(JSON.null["a"] == nil)
    #expect(JSON.array([]).object == nil)
    #expect(JSON.string("a").string == "a")
    #expect(JSON.bool(false).bool == false)
  }

  @Test func kindsAreNamedForPeople() {
    #expect(JSON.null.kindName == "null")
    #expect(JSON.bool(true).kindName == "true")
    #expect(JSON.integer(7).kindName == "7")
    #expect(JSON.string("a").kindName == "\"a\"")
    let long = JSON.string(String(repeating: "a", count: 50)).kindName
    #expect(long == "\"" + String(repeating: "a", count: 40) + "…\"")
    #expect(JSON.array([]).kindName == "an array")
    #expect(JSON.object(JSONObject()).kindName == "an object")
  }
}
