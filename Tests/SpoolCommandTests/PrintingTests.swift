import SpoolModel
import Testing

@testable import SpoolCommands

/// What is printed holds nothing that a terminal would obey, and is otherwise as it was.
struct PrintingTests {
  @Test(arguments: [
    ("a line", "a line"), ("two\nlines\n", "two\nlines\n"), ("läb – ∆\n", "läb – ∆\n"),
    ("a\u{1b}[2Jb\nc\r\n", "a\\u{1b}[2Jb\nc\\r\n"), ("\u{9b}1m", "\\u{9b}1m"), ("", ""),
    ("\u{202e}x\n\n", "\\u{202e}x\n\n"),
  ])
  func lines(_ text: String, _ shown: String) { #expect(text.printableLines == shown) }

  /// A name that is not UTF-8 is told byte by byte, so that the user knows which it is.
  @Test func namesThatAreNoText() {
    let name: [CChar] = [97, -28, 10, 122, 0]
    #expect(String(escaping: name) == "a\\xE4\\x0Az")
  }

  @Test func jsonMeansTheSame() throws {
    let json: JSON = ["a\u{7f}b": "x\u{1b}[1m\u{85}\u{9b}\u{202e}\u{e0001}ö\n"]
    for bytes in [json.pretty, json.compact] {
      let shown = bytes.withoutControls
      #expect(try JSON.parse(shown) == json)
      let text = String(decoding: shown, as: UTF8.self)
      #expect(
        text.unicodeScalars.allSatisfy { scalar in
          let category = scalar.properties.generalCategory
          return scalar == "\n" || (category != .control && category != .format)
        })
      #expect(text.contains("ö"))
    }
  }
}
