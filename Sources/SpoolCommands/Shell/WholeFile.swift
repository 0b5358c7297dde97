internal import SpoolClient
internal import SpoolStore

/// A file that is there as a whole, or not at all.
enum WholeFile {
  /// Writes a file beside its place, under a hidden name with another ending, and renames it.
  static func write(_ bytes: [UInt8], to path: String) throws {
    do throws(FileError) {
      try PosixFileSystem().replace(path, bytes, by: "new")
    } catch {
      throw Failure(.unavailable, "\(error)")
    }
  }
}
