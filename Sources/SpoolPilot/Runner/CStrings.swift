/// Strings as C wants them for `execve`: one block of bytes, and pointers into it.
struct CStrings {
  private var bytes: [CChar] = []
  private var offsets: [Int] = []
  /// Whether a string holds a NUL, which C cannot be given.
  private(set) var holdsNUL = false

  mutating func append(_ parts: String...) {
    offsets.append(bytes.count)
    for part in parts {
      for byte in part.utf8 {
        if byte == 0 { holdsNUL = true }
        bytes.append(CChar(bitPattern: byte))
      }
    }
    bytes.append(0)
  }

  /// The pointers, a null pointer last.
  mutating func withPointers<Answer>(
    _ body: (UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>) -> Answer
  ) -> Answer {
    let offsets = self.offsets
    return bytes.withUnsafeMutableBufferPointer { block in
      var pointers: [UnsafeMutablePointer<CChar>?] = []
      pointers.reserveCapacity(offsets.count + 1)
      for offset in offsets { pointers.append(block.baseAddress.map { $0 + offset }) }
      pointers.append(nil)
      return pointers.withUnsafeMutableBufferPointer { body($0) }
    }
  }
}
