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
      if let files = file.files { return check(directory: file, files, read) }
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

  /// Returns the fault of a directory; nil if its files are as many and as large as its line says, and,
  /// where sums are compared, hold what they should.
  private func check(
    directory: InputFile, _ files: Int, _ read: (Int) -> Void
  ) -> (kind: Finding.Kind, what: String)? {
    var walk = spool.walk(data: directory.path)
    do throws(TreeWalk.Problem) {
      while try !walk.step() {}
    } catch {
      switch error {
      case .missing: return (.missing, "is not there")
      case .bad(let why): return (.changed, why)
      case .failed(let error): return (.unreadable, "\(error)")
      }
    }
    let found = walk.sizes
    guard found.files == files, found.size == directory.size ?? found.size else {
      return (
        .changed,
        "has \(found.files) files, \(found.size) bytes, not \(files) files, \(directory.size ?? 0) bytes"
      )
    }
    guard sums, let sum = directory.adler32 else { return nil }
    do throws(FileError) {
      let own = try adler32(walk, in: directory.path, read)
      return own == sum.lowercased() ? nil : (.changed, "has the adler32 \(own), not \(sum)")
    } catch {
      return (.unreadable, "\(error)")
    }
  }

  /// Returns the checksum of a directory's manifest.
  private func adler32(
    _ walk: TreeWalk, in directory: String, _ read: (Int) -> Void
  ) throws(FileError) -> String {
    var manifest = TreeManifest()
    for entry in walk.entries {
      switch entry.kind {
      case .file(let size):
        let sum = try adler32("\(directory)/\(entry.path)", read)
        manifest.add(file: entry.path, size: size, adler32: sum)
      case .link(let target): manifest.add(link: entry.path, to: target)
      case .directory: break
      }
    }
    return manifest.adler32
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
