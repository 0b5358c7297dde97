internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

struct UpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Watch a spool and run its jobs, on this machine alone.",
    discussion: """
      A watcher and a pilot together: the way to begin. Makes the spool if it is not there. The first \
      INT or TERM lets running jobs end for --drain, a second gives them back at once.

      Example: spool up --cpus 4 --exit-when-idle
      """)

  @OptionGroup var options: SpoolOptions
  @OptionGroup var flags: PilotFlags
  @Flag(help: "Look on a timer, do not use inotify.")
  var poll = false
  @Flag(help: "End when nothing is left to do.")
  var exitWhenIdle = false

  func run() throws {
    try Spool.made(at: options.path)
    let umask = SpoolRights.adopt(options.path)
    let signals = try StopSignals.catchAll()
    let events = EventSources.make(poll: poll)
    let spool = try options.open()
    let watch = try WatchLoop(
      spool, events: events, exitWhenIdle: exitWhenIdle)
    let pilot = try PilotLoop(
      spool, events: events, options: try flags.pilotOptions(in: spool), drain: flags.drainTime,
      umask: umask, sharesEvents: true)
    try signals.onEach { pilot.stop() }
    let pilotLeft = try Outcome()
    let outcome = try start(watch, pilot, pilotLeft)
    do {
      try pilot.run()
      pilotLeft.set(nil)
    } catch {
      pilotLeft.set("\(error)")
      Terminal.say("pilot", "\(error)")
    }
    watch.finish()
    if let message = outcome.wait() ?? pilotLeft.wait() { throw Failure(.unavailable, message) }
    if signals.exitCode != 0 { throw ExitCode(signals.exitCode) }
  }

  /// Runs the watcher on a thread of its own. When it has nothing left to do, the pilot leaves first.
  private func start(
    _ watch: WatchLoop, _ pilot: PilotLoop, _ pilotLeft: Outcome
  ) throws -> Outcome {
    let outcome = try Outcome()
    try WorkerThread.start {
      do {
        try watch.run {
          pilot.stop()
          _ = pilotLeft.wait()
        }
        outcome.set(nil)
      } catch {
        Terminal.say("watch", "\(error)")
        outcome.set("\(error)")
      }
      pilot.stop()
    }
    return outcome
  }
}

/// The end of a thread: a message if it failed.
private final class Outcome: Sendable {
  private let value = Mutex<(isSet: Bool, message: String?)>((false, nil))
  private let waker: Waker

  init() throws(FileError) { waker = try Waker() }

  func set(_ message: String?) {
    value.withLock { $0 = (true, message) }
    waker.wake()
  }

  func wait() -> String? {
    while true {
      let current = value.withLock { $0 }
      if current.isSet { return current.message }
      waker.wait(until: .max)
    }
  }
}
