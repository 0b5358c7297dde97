public import SpoolStore

/// Damage to files at rest: neither counted nor stamped, as a disk does it.
extension MemoryFileSystem {
  /// Turns a bit of a file over; `bit` counts from the lowest bit of the first byte.
  public func flip(_ path: String, bit: Int) throws(FileError) {
    try damage(path) { bytes in
      if bytes.indices.contains(bit / 8) { bytes[bit / 8] ^= 1 << UInt8(bit % 8) }
    }
  }

  /// Cuts a file to its first bytes.
  public func truncate(_ path: String, to size: Int) throws(FileError) {
    try damage(path) { $0.removeLast(max(0, $0.count - size)) }
  }

  private func damage(
    _ path: String, _ change: @Sendable (inout [UInt8]) -> Void
  ) throws(FileError) {
    try quietly(path) { tree throws(MemoryFailure) in
      let node = try tree.node(path)
      change(&node.bytes)
      change(&node.synced)
    }
  }
}
