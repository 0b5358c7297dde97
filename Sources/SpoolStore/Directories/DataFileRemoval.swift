internal import SpoolModel

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
}
