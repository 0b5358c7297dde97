import SpoolModel
import Testing

/// The checksum that an object bears: what is changed is found, what bears none is told.
struct SealedJSONTests {
  private let object: JSON = ["a": 1, "b": ["x", .number(2.5)], "c": "é\n"]

  @Test func isStillJSON() throws {
    let bytes = SealedJSON.encode(object)
    let read = try JSON.parse(bytes)
    #expect(read["a"]?.integer == 1)
    #expect(read["crc32"]?.string?.utf8.count == 8)
    #expect(SealedJSON.check(bytes) == .intact)
    #expect(SealedJSON.check(bytes + [32, 32, 10]) == .intact)
  }

  @Test func everyBitCounts() {
    let good = SealedJSON.encode(object)
    for bit in 0..<good.count * 8 {
      var bad = good
      bad[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(SealedJSON.check(bad) != .intact, "bit \(bit)")
    }
  }

  @Test func cutAnywhere() {
    let good = SealedJSON.encode(object)
    for count in 0..<good.count { #expect(SealedJSON.check(Array(good.prefix(count))) != .intact) }
  }

  @Test func withoutASeal() {
    #expect(SealedJSON.check(object.compact) == .unsealed)
    #expect(SealedJSON.check([]) == .unsealed)
    #expect(SealedJSON.encode([:]) == Array("{}".utf8))
  }
}
