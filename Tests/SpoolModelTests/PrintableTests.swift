import SpoolModel
import Testing

struct PrintableTests {
  @Test(arguments: [
    ("plain text", "plain text"), ("läb – ∆", "läb – ∆"), ("a\nb\r\tc", "a\\nb\\r\\tc"),
    ("\u{1b}[2J", "\\u{1b}[2J"), ("a\0b\u{7f}", "a\\u{0}b\\u{7f}"), ("\u{85}", "\\u{85}"),
    ("\u{202e}txt", "\\u{202e}txt"), ("", ""), ("e\u{301}", "e\u{301}"), ("\r\n", "\\r\\n"),
  ])
  func holdsNothingThatATerminalWouldObey(_ text: String, _ shown: String) {
    #expect(text.printable() == shown)
  }

  @Test func aLongTextKeepsItsBeginningAndItsEnd() {
    let text = String(repeating: "a", count: 1000) + String(repeating: "z", count: 1000)
    #expect(
      text.printable(40)
        == String(repeating: "a", count: 30) + " … " + String(repeating: "z", count: 10))
    #expect("aaaa".printable(4) == "aaaa")
    #expect("äääää".printable(8) == "äää … ä")
  }

  /// However many marks stand on one letter.
  @Test func oneLetterMayBeLong() {
    let text = "a" + String(repeating: "\u{301}", count: 100_000)
    #expect(text.count == 1)
    #expect(text.printable(100).utf8.count < 120)
  }

  @Test func aRequestsErrorIsOneShortLine() {
    let error = RequestError(
      line: 3, key: "a\n" + String(repeating: "k", count: 10_000),
      "\"\u{1b}[1m" + String(repeating: "m", count: 10_000) + "\" is no name")
    let text = error.description
    #expect(text.hasPrefix("line 3, key \"a\\nkkk"))
    #expect(text.contains("\"\\u{1b}[1mmmm") && text.hasSuffix("mmm\" is no name"))
    #expect(text.utf8.count < 1300)
    #expect(!text.utf8.contains { $0 < 32 })
  }
}
