internal import SpoolModel
public import SpoolStore

extension Spool {
  /// Opens the spool at an absolute path, or fails with advice.
  public static func opened(at path: String) throws -> Spool {
    do throws(OpenError) {
      return try Spool.open(path, files: PosixFileSystem())
    } catch {
      if case .badConfig = error { throw Failure(.usage, error.description) }
      throw Failure(.unavailable, error.description)
    }
  }
}
