internal import ArgumentParser
internal import SpoolStore

struct PilotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pilot",
    abstract: "Run jobs of a spool on this machine.",
    discussion: """
      Claims jobs that fit the cores, memory and GPUs it was given, several at once. The first INT or \
      TERM lets running jobs end for --drain, then gives them back; a second gives them back at once.

      Example: spool pilot --spool /shared/run42/spool --cpus 16 --memory 64GB
      """)

  @OptionGroup var options: SpoolOptions
  @OptionGroup var flags: PilotFlags
  @Flag(help: "Look on a timer, do not use inotify.")
  var poll = false

  func run() throws {
    let umask = SpoolRights.adopt(options.path)
    let signals = try StopSignals()
    let events = EventSources.make(poll: poll)
    let spool = try options.openWatched()
    let loop = try PilotLoop(
      spool, events: events, options: flags.pilotOptions(), drain: flags.drainMilliseconds,
      umask: umask)
    try signals.calls { loop.stop() }
    try loop.run()
    if signals.exitCode != 0 { throw ExitCode(signals.exitCode) }
  }
}
