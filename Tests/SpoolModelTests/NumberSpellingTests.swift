import SpoolModel
import Testing

/// Numbers as programs write them, and sizes and times as people do.
struct NumberSpellingTests {
  private func input(_ member: String) throws -> InputFile? {
    let json = try JSON.parse(bytes(#"{"files":[{"path":"/a","# + member + "}]}"))
    guard case .files(let files) = try task(["input": json]).input else { return nil }
    return files.first
  }

  @Test(arguments: [("9.0", 9), ("5e9", 5_000_000_000), ("0.0", 0), ("12", 12), ("1.5e1", 15)])
  func wholeNumbers(_ spelled: String, _ size: Int) throws {
    #expect(try input("\"size\": \(spelled)")?.size == size)
  }

  @Test(arguments: ["9.5", "1e300", "-1.0", "\"9\"", "18014398509481985.0"])
  func otherNumbers(_ spelled: String) {
    let error = requestError { _ = try input("\"size\": \(spelled)") }
    #expect(error?.message.contains("expected a whole number") == true)
  }

  @Test(arguments: [("3da0195", "03da0195"), ("1", "00000001"), ("03DA0195", "03da0195")])
  func checksumsWithoutTheirZeros(_ digits: String, _ adler32: String) throws {
    #expect(try input("\"adler32\": \"\(digits)\"")?.adler32 == adler32)
  }

  @Test(arguments: ["", "103da0195", "+1", "0x12", "g"]) func noChecksums(_ digits: String) {
    #expect(requestError { _ = try input("\"adler32\": \"\(digits)\"") } != nil)
  }

  @Test(arguments: [
    ("2G", "write 2GB, or 2GiB"), ("2g", "write 2GB, or 2GiB"),
    ("512 mb", "write 512MB, or 512MiB"),
    ("2", "write 2GB or 2MB"), ("much", "expected a size as \"2GB\""), ("5k", "write 5kB, or 5KiB"),
  ])
  func sizes(_ text: String, _ words: String) {
    #expect(Units.memoryProblem(text)?.contains(words) == true)
  }

  @Test(arguments: [
    ("90", "write 90s, 90m or 90h"), ("10min", "write 10m"), ("2hours", "write 2h"),
    ("1h30m", "90m, not 1h30m"), ("soon", "expected a time as \"10m\""), ("0s", "from 1ms"),
  ])
  func times(_ text: String, _ words: String) {
    #expect(Units.wallProblem(text)?.contains(words) == true)
  }

  /// What is advised is understood.
  @Test func advice() {
    for text in ["2GB", "2GiB", "512MiB", "5kB", "5000KiB"] {
      #expect(Units.bytes(text) != nil)
    }
    #expect(Units.memoryProblem("2GB") == nil && Units.wallProblem("90m") == nil)
  }
}
