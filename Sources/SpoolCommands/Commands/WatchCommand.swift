internal import ArgumentParser
internal import SpoolModel
internal import SpoolStore

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Watch a spool: make jobs of tasks, take results, keep the record.",
    discussion: """
      One watcher works on a spool; a second stands by and takes over when the first is gone. INT or \
      TERM end it in good order; jobs that run go on without it. A service manager that asks for it, \
      as systemd, is told how it stands.

      Example: spool watch --spool /shared/run42/spool
      """)

  @OptionGroup var options: SpoolOptions
  @Flag(help: "Look on a timer, do not use inotify.")
  var poll = false
  @Flag(help: "End when nothing is in work.")
  var exitWhenIdle = false

  func run() throws {
    let service = ServiceManager.own()
    _ = SpoolRights.adopt(options.path)
    let signals = try StopSignals.catchAll()
    let events = EventSources.make(poll: poll)
    let spool = try options.open()
    let loop = try WatchLoop(
      spool, events: events, exitWhenIdle: exitWhenIdle,
      service: service)
    try signals.onEach { loop.stop() }
    try loop.run()
    if signals.count > 0, signals.exitCode != 0 { throw ExitCode(signals.exitCode) }
  }
}
