internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The spool that a verb works on: the option that names it comes in, and an open spool goes out. All
/// verbs share it; the other types of this room are the arguments that several verbs share.
struct SpoolOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The spool's directory. Default: $SPOOL_DIR, else ./spool.", valueName: "directory"))
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
