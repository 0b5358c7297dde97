internal import ArgumentParser
internal import SpoolModel
internal import SpoolStore

/// Which spool, shared by all verbs.
struct SpoolOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The spool's directory. Default: $SPOOL_DIR, else ./spool.", valueName: "directory"))
  var spool: String?

  var path: String {
    WorkingDirectory.absolute(spool ?? Environment.value("SPOOL_DIR") ?? "spool")
  }

  /// Opens it, or ends with what to do.
  func open() throws -> Spool {
    do throws(Spool.OpenError) {
      return try Spool.open(path, files: PosixFileSystem())
    } catch {
      if case .badConfig = error { throw Failure(.usage, error.description) }
      throw Failure(.unavailable, error.description)
    }
  }

  /// Opens it, and says first if no watcher is alive.
  func openWatched() throws -> Spool {
    let spool = try open()
    if let warning = WatcherProbe(spool).warning { Terminal.note("spool: \(warning)") }
    return spool
  }
}

/// How a verb ends other than well: one line, and the exit code that goes with it (DESIGN 6).
struct Failure: Error, CustomStringConvertible {
  enum Code: Int32 {
    case failed = 1
    case cancelled = 3
    case usage = 64
    case missing = 66
    case unavailable = 69
    case timeOut = 124
    case interrupted = 130
  }

  var code: Code
  var message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  var description: String { message }
}

/// Whether somebody watches a spool.
struct WatcherProbe {
  let spool: Spool

  init(_ spool: Spool) { self.spool = spool }

  /// What to say where there is no watcher; nil where there is.
  var warning: String? {
    let advice = "start one with `spool watch` or `spool up`"
    guard let bytes = try? spool.files.read(spool.layout.watcher, limit: 64 << 10),
      let record = WatcherRecord(bytes)
    else { return "no watcher is alive: \(advice)" }
    if record.isClean { return "no watcher is alive: it was stopped; \(advice)" }
    let gone = ProcessIdentity.isGone(record.process)
    if gone == true { return "no watcher is alive: it died on \(record.host); \(advice)" }
    let age = (SystemTime().timestamp - record.at).milliseconds
    guard gone == nil, age > spool.config.deadAfter.milliseconds else { return nil }
    return "the watcher on \(record.host) was last heard of \(Units.text(milliseconds: age)) ago; "
      + "if it is dead, \(advice)"
  }
}
