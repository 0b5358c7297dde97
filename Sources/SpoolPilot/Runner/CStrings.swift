/// Strings as C wants them for `execve`: one block of bytes, and pointers into it.
struct CStrings {
  private var bytes: [CChar] = []
  private var offsets: [Int] = []
  /// A string holds a NUL, which C cannot be given.
  private(set) var holdsNUL = false

  /// Appends one string that is made of these parts.
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

  /// Calls `body` with the pointers, a null pointer last. They are valid during the call.
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
