internal import SpoolModel

/// Files of datasets, which lie wherever people and tasks put them.
extension Spool {
  /// What became of a file that was to be removed.
  public enum FileRemoval: Equatable, Sendable {
    /// Of so many bytes.
    case removed(Int)
    case gone
    /// Something else stands at its path, in words; it was left alone.
    case other(String)
  }

  /// Removes a file of a dataset, if it is one and of its size. No link is followed.
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
}
