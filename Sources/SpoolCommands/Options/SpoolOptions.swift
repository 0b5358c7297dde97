internal import ArgumentParser
internal import SpoolModel
internal import SpoolStore

/// The spool that a verb works on: the option that names it comes in, and an open spool goes out. All
/// verbs share it; the other types of this room are the arguments that several verbs share.
struct SpoolOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The spool's directory. Default: $SPOOL_DIR, else ./spool.", valueName: "directory"),
    completion: .directory)
  var spool: String?

  /// The spool's directory, absolute.
  var path: String {
    WorkingDirectory.absolute(spool ?? Environment.value("SPOOL_DIR") ?? "spool")
  }

  /// Opens the spool, or fails with advice.
  func open() throws -> Spool { try Spool.opened(at: path) }

  /// Opens the spool, and warns the user if no watcher is alive.
  func openWatched() throws -> Spool {
    let spool = try open()
    if let warning = WatcherProbe(spool).warning() { Terminal.note("spool: \(warning)") }
    return spool
  }
}

extension Spool {
  /// Opens the spool at an absolute path, or fails with advice.
  static func opened(at path: String) throws -> Spool {
    do throws(OpenError) {
      return try Spool.open(path, files: PosixFileSystem())
    } catch {
      throw failure(error)
    }
  }

  /// Makes the missing parts of a spool at an absolute path, or fails with advice. It leaves a spool alone
  /// that it cannot open, as one of a later format.
  static func made(at path: String) throws {
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
