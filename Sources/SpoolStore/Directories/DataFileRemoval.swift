public import SpoolModel

/// The removal of files of datasets, which lie wherever people and tasks put them.
extension Spool {
  /// The fate of a file that was to be removed.
  public enum FileRemoval: Equatable, Sendable {
    /// The file was removed. It had so many bytes.
    case removed(Int)
    /// Nothing stood at the path.
    case gone
    /// Something else stands at the path, in words. It was left alone.
    case other(String)
    /// A directory has its final name no more, and more in it than one call removes.
    case unfinished
  }

  /// Removes a file of a dataset, if a file of its size stands at the path. No link is followed.
  public func removeFile(_ path: String, size: Int?) throws(FileError) -> FileRemoval {
    guard let found = try files.attributesIfPresent(path) else { return .gone }
    guard found.kind == .file else { return .other("no file") }
    if let size, size != found.size {
      return .other("another file: it has \(found.size) bytes, not \(size)")
    }
    do throws(FileError) {
      try files.remove(path)
    } catch {
      guard error.isMissing else { throw error }
      return .gone
    }
    return .removed(found.size)
  }

  /// Removes a directory of a dataset, with all that is in it. It loses its name as a whole, before
  /// anything in it is removed: so nobody finds half of it, and a removal that was cut off goes on.
  public func removeDirectory(_ file: InputFile) throws(FileError) -> FileRemoval {
    let going = Self.going(file.path)
    switch try files.attributesIfPresent(file.path)?.kind {
    case .directory:
      do throws(FileError) {
        try files.rename(file.path, to: going)
      } catch {
        // The rest of an earlier directory of that name is removed first.
        guard error.isOccupied else { throw error }
        _ = try files.removeSome(of: going, atMost: Self.mostInPart)
        return .unfinished
      }
    case nil:
      guard try files.attributesIfPresent(going) != nil else { return .gone }
    case .file, .link, .other: return .other("no directory")
    }
    guard try files.removeSome(of: going, atMost: Self.mostInPart) else { return .unfinished }
    return .removed(file.size ?? 0)
  }

  /// Returns the hidden path beside a directory at which it is removed.
  private static func going(_ path: String) -> String {
    let base = FilePath.base(path)
    // A name that people gave may be as long as names can be.
    let name = base.utf8.count <= 240 ? String(base) : CRC32.hex(base.utf8)
    return "\(FilePath.directory(path))/.spool.gone.\(name)"
  }
}
