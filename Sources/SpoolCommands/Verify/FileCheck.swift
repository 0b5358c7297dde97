internal import SpoolModel
internal import SpoolStore

/// The comparison of one file with its line in a catalogue.
struct FileCheck {
  let spool: Spool
  /// True if the checksum is compared, too, if the line has one.
  let sums: Bool

  /// Bytes that are read at a time.
  static let chunk = 1 << 20

  /// Returns the fault of a file; nil if it is as its line says. `read` is told of bytes as they are
  /// read.
  func check(
    _ file: InputFile, read: (Int) -> Void
  ) -> (kind: Finding.Kind, what: String)? {
    do throws(FileError) {
      guard let found = try spool.attributes(ofData: file.path) else {
        return (.missing, "is not there")
      }
      guard found.kind == .file else { return (.changed, "is no file") }
      if let size = file.size, size != found.size {
        return (.changed, "has \(found.size) bytes, not \(size)")
      }
      guard sums, let sum = file.adler32 else { return nil }
      let own = try adler32(file.path, read)
      return own == sum.lowercased() ? nil : (.changed, "has the adler32 \(own), not \(sum)")
    } catch {
      return error.isMissing ? (.missing, "is not there") : (.unreadable, "\(error)")
    }
  }

  private func adler32(_ path: String, _ read: (Int) -> Void) throws(FileError) -> String {
    let file = try spool.open(data: path)
    defer { try? file.close() }
    var sum = Adler32()
    var offset = 0
    while true {
      let bytes = try file.read(at: offset, count: Self.chunk)
      guard !bytes.isEmpty else { return sum.hex }
      bytes.withUnsafeBytes { sum.update($0) }
      offset += bytes.count
      read(bytes.count)
    }
  }
}
