import SpoolModel
import Testing

struct SpoolFormatTests {
  private func raised(_ text: String) -> String? {
    SpoolFormat.raised(Array(text.utf8)).map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  /// What people wrote stays as it is, but for the one digit.
  @Test func oneDigitChanges() {
    #expect(raised("{\"format\": 1}") == "{\"format\": 3}")
    #expect(
      raised("{\n  \"x-by\": \"Ada\",\n  \"format\"\t:\n 1, \"heartbeat\":\"5s\" }\n")
        == "{\n  \"x-by\": \"Ada\",\n  \"format\"\t:\n 3, \"heartbeat\":\"5s\" }\n")
    #expect(SpoolFormat.raised(Array("{ \"format\":1}".utf8))?.offset == 11)
  }

  /// The key may stand elsewhere, too.
  @Test func theRightDigitChanges() {
    #expect(
      raised("{\"meta\": {\"format\": 1}, \"format\": 1, \"x-a\": \"\\\"format\\\": 1\"}")
        == "{\"meta\": {\"format\": 1}, \"format\": 3, \"x-a\": \"\\\"format\\\": 1\"}")
  }

  @Test func anotherSpellingIsLeftToPeople() {
    #expect(raised("{\"\\u0066ormat\": 1}") == nil)
    #expect(raised("{\"meta\": {\"format\": 1}}") == nil)
    #expect(raised("{\"format\": \"1\"}") == nil)
    #expect(raised("no JSON, \"format\": 1") == nil)
    #expect(raised("{\"format\"") == nil)
  }

  @Test func theFormatIsReadWhateverElseIsThere() {
    let later = "{\"format\": 7, \"unheardOf\": [1, 2]}"
    #expect(SpoolFormat.named(in: Array(later.utf8)) == 7)
    #expect(SpoolFormat.named(in: Array("{}".utf8)) == nil)
    #expect(SpoolFormat.named(in: SpoolConfig().json.pretty) == SpoolFormat.current)
  }
}
