import SpoolModel
import Testing

struct UnitsTests {
  @Test(arguments: [
    ("0", 0), ("77", 77), ("77B", 77), ("1kB", 1000), ("1KB", 1000), ("1KiB", 1024),
    ("2GB", 2_000_000_000),
    ("2 GB", 2_000_000_000), ("1.5GB", 1_500_000_000), ("16GiB", 16 << 30), ("1MiB", 1 << 20),
    ("512MB", 512_000_000), ("1TB", 1_000_000_000_000), ("1TiB", 1 << 40), ("0.5kB", 500),
    ("1024TiB", 1 << 50),
  ])
  func sizes(_ text: String, _ bytes: Int) { #expect(Units.bytes(text) == bytes) }

  @Test(arguments: [
    "", "GB", "-1GB", "+1GB", "1gb", "1 G", "1G", "1PB", "1e9", "1,5GB", "1.2.3GB", "1 GB ", " 1GB",
    "1025TiB", "99999999999999999999TB", "NaN", "inf", "0x10", "١GB", "1GBs",
  ])
  func isNoSize(_ text: String) { #expect(Units.bytes(text) == nil) }

  @Test(arguments: [
    ("500ms", 500), ("10s", 10_000), ("1.5s", 1500), ("5m", 300_000), ("2h", 7_200_000),
    ("7d", 604_800_000), ("0s", 0), ("10 m", 600_000), ("0.0001s", 0),
  ])
  func times(_ text: String, _ milliseconds: Int) {
    #expect(Units.milliseconds(text) == milliseconds)
  }

  @Test(arguments: ["", "10", "s", "-5s", "5S", "5min", "1w", "1h30m", "1e3s", "99999999999999d"])
  func isNoTime(_ text: String) { #expect(Units.milliseconds(text) == nil) }

  @Test func sizesForPeople() {
    for (bytes, text) in [
      (0, "0 B"), (77, "77 B"), (999, "999 B"), (1000, "1.0 kB"), (512_000_000, "512.0 MB"),
      (2_000_000_000, "2.0 GB"), (1 << 40, "1.1 TB"), (5_000_000_000_000_000, "5000.0 TB"),
    ] {
      #expect(Units.text(bytes: bytes) == text)
    }
  }

  @Test func timesForPeople() {
    for (milliseconds, text) in [
      (0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (12_000, "12.0 s"), (245_000, "4m 05s"),
      (7_380_000, "2h 03m"), (273_600_000, "3d 04h"),
    ] {
      #expect(Units.text(milliseconds: milliseconds) == text)
    }
  }

  @Test func fixedDecimals() {
    for (value, decimals, text) in [
      (1.005, 1, "1.0"), (2.25, 1, "2.3"), (-0.04, 1, "0.0"), (-1.5, 0, "-2"), (3, 3, "3.000"),
      (0.05, 2, "0.05"), (Double.nan, 2, "nan"), (1e20, 2, "1e+20"), (1e14, 6, "100000000000000.0"),
      (39.1, 1, "39.1"),
    ] {
      #expect(Units.fixed(value, decimals) == text)
    }
  }
}

struct TimestampTests {
  @Test(arguments: [
    (0, "1970-01-01 00:00:00 UTC"), (1_796_000_000_123, "2026-11-30 00:53:20 UTC"),
    (951_782_400_000, "2000-02-29 00:00:00 UTC"), (1_709_251_199_999, "2024-02-29 23:59:59 UTC"),
    (4_107_542_400_000, "2100-03-01 00:00:00 UTC"), (-1, "1969-12-31 23:59:59 UTC"),
    (-86_400_000, "1969-12-31 00:00:00 UTC"), (-86_400_001, "1969-12-30 23:59:59 UTC"),
  ])
  func ofEpochMilliseconds(_ epoch: Int, _ text: String) {
    #expect("\(Timestamp(milliseconds: epoch))" == text)
  }
}

struct TextTableTests {
  @Test func columnsAreAsWideAsTheyNeed() {
    let lines = TextTable.lines([
      ["task", "done", "state"], ["a", "1", "active"], ["longer", "1000", ""],
    ])
    #expect(lines == ["task    done  state", "a          1  active", "longer  1000"])
  }

  @Test func rowsMayBeShort() {
    #expect(TextTable.lines([["a", "b"], ["xyz"], ["x", "yé"]]) == ["a    b", "xyz", "x    yé"])
    #expect(TextTable.lines([]) == [])
    #expect(TextTable.lines([[]]) == [""])
  }
}

struct ChecksumTests {
  private func adler(_ pieces: [[UInt8]]) -> String {
    var sum = Adler32()
    for piece in pieces { piece.withUnsafeBytes { sum.update($0) } }
    return sum.hex
  }

  /// As zlib has them.
  @Test func adler32() {
    #expect(adler([]) == "00000001")
    #expect(adler([bytes("a")]) == "00620062")
    #expect(adler([bytes("Wikipedia")]) == "11e60398")
    #expect(adler([bytes("123456789")]) == "091e01de")
    #expect(adler([[UInt8](repeating: 255, count: 1_000_000)]) == "3843e1be")
    #expect(adler([(0..<1_000_000).map { UInt8(truncatingIfNeeded: $0) }]) == "0e27d8d8")
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func adler32OfPieces(seed: UInt64) {
    var random = SeededRandom(seed)
    let all = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    var pieces: [[UInt8]] = []
    var at = 0
    while at < all.count {
      let end = min(all.count, at + Int.random(in: 0...7000, using: &random))
      pieces.append(Array(all[at..<end]))
      at = end
    }
    #expect(adler(pieces) == adler([all]))
  }

  @Test func crc32() {
    #expect(CRC32.of([]) == 0)
    #expect(CRC32.hex([]) == "00000000")
    #expect(CRC32.hex(bytes("123456789")) == "cbf43926")
    #expect(CRC32.hex(bytes("The quick brown fox jumps over the lazy dog")) == "414fa339")
    #expect(CRC32.hex([UInt8](repeating: 0, count: 32)) == "190a55ad")
  }
}
