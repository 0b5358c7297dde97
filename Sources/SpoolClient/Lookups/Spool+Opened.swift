internal import SpoolModel
public import SpoolStore

extension Spool {
  /// Opens the spool at an absolute path, or fails with advice.
  public static func opened(at path: String) throws -> Spool {
    do throws(OpenError) {
      return try Spool.open(path, files: PosixFileSystem())
    } catch {
      throw failure(error)
    }
  }

  /// Makes the missing parts of a spool at an absolute path, or fails with advice. It leaves a spool alone
  /// that it cannot open, as one of a later format.
  public static func made(at path: String) throws {
    do throws(OpenError) {
      _ = try Spool.open(path, files: PosixFileSystem())
    } catch {
      if case .noSpool = error {} else { throw failure(error) }
    }
    do throws(FileError) {
      try create(path, files: PosixFileSystem())
    } catch {
      throw Failure(.unavailable, "\(error)")
    }
  }

  private static func failure(_ error: OpenError) -> Failure {
    if case .badConfig = error { return Failure(.usage, error.description) }
    return Failure(.unavailable, error.description)
  }
}
