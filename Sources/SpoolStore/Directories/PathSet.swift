internal import SpoolModel

/// A set of paths by 64-bit hash, in 10 to 15 bytes a path. Among a million paths two share a hash
/// with a probability of 3e-8.
public struct PathSet {
  /// The hashes, zero for a free slot: probed one after the other, at most four in five taken.
  private var slots: [UInt64] = []
  /// The number of hashes in the set.
  public private(set) var count = 0

  /// Makes an empty set.
  public init() {}

  /// Returns the hash of a path's bytes: two spellings of one text (NFC, NFD) are two names of
  /// files. The hash is the same for the same bytes in one process.
  public static func hash(_ path: String) -> UInt64 {
    var path = path
    return path.withUTF8 { hash(UnsafeRawBufferPointer($0)) }
  }

  /// Returns the hash of bytes, which is never zero.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(bytes: bytes)
    let hash = UInt64(bitPattern: Int64(hasher.finalize()))
    return hash == 0 ? 1 : hash
  }

  /// Returns true for a hash that is in the set.
  public func contains(_ hash: UInt64) -> Bool {
    guard !slots.isEmpty else { return false }
    return slots[place(of: hash, in: slots)] == hash
  }

  /// Puts a hash into the set. Returns false where it was there already.
  @discardableResult
  public mutating func insert(_ hash: UInt64) -> Bool {
    if count * 5 >= slots.count * 4 { grow(to: max(64, slots.count * 3 / 2)) }
    let place = place(of: hash, in: slots)
    guard slots[place] == 0 else { return false }
    slots[place] = hash
    count += 1
    return true
  }

  /// Makes room for so many hashes in all.
  public mutating func reserve(_ total: Int) {
    let needed = total * 5 / 4 + 64
    if needed > slots.count { grow(to: needed) }
  }

  /// Returns the slot that a hash is in, or would be.
  private func place(of hash: UInt64, in slots: [UInt64]) -> Int {
    var place = Int(hash.multipliedFullWidth(by: UInt64(slots.count)).high)
    while slots[place] != 0, slots[place] != hash {
      place += 1
      if place == slots.count { place = 0 }
    }
    return place
  }

  private mutating func grow(to size: Int) {
    var larger = [UInt64](repeating: 0, count: size)
    for hash in slots where hash != 0 { larger[place(of: hash, in: larger)] = hash }
    slots = larger
  }
}

extension PathSet {
  /// Takes in the paths of a catalogue, from one byte to another. Hardly any line is parsed, since
  /// a line that the watcher wrote begins with its path.
  public mutating func add(
    _ catalogue: ViewReader, from offset: Int = 0, to end: Int = .max
  ) throws(FileError) {
    var reader = catalogue.lines(from: offset, to: end)
    while let line = try reader.next() {
      if let hash = Self.hash(ofPathIn: line.bytes) { insert(hash) }
    }
  }

  private static let head = Array(#"{"path":""#.utf8)

  /// Returns the hash of the path in a catalogue's line; nil for the header.
  public static func hash(ofPathIn line: [UInt8]) -> UInt64? {
    guard line.starts(with: head) else { return parsed(line) }
    for index in head.count..<line.count {
      if line[index] == UInt8(ascii: "\\") { return parsed(line) }
      if line[index] == UInt8(ascii: "\"") {
        return line.withUnsafeBytes {
          hash(UnsafeRawBufferPointer(rebasing: $0[head.count..<index]))
        }
      }
    }
    return nil
  }

  private static func parsed(_ line: [UInt8]) -> UInt64? {
    (try? JSON.parse(line))?["path"]?.string.map { hash($0) }
  }
}
