internal import ArgumentParser
internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore

struct PilotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pilot",
    abstract: "Run jobs of a spool on this machine.",
    discussion: """
      Claims jobs that fit the cores, memory and GPUs it was given, several at once. The first INT or \
      TERM lets running jobs end for --drain, then gives them back; a second gives them back at once.

      Example: spool pilot --spool /shared/run42/spool --cpus 16 --memory 64GB --lifetime 2h
      """)

  @OptionGroup var options: SpoolOptions
  @OptionGroup var flags: PilotFlags
  @Flag(help: "Look on a timer, do not use inotify.")
  var poll = false
  @Option(
    help: ArgumentHelp(
      "How long it lives: it takes only jobs that fit what is left. Default: for ever.",
      valueName: "time"))
  var lifetime: String?
  @Flag(help: "Leave when nothing is left to do, or no job came for a minute.")
  var exitWhenIdle = false
  @Option(
    help: ArgumentHelp("A name for its record, as that of its batch job.", valueName: "text"))
  var label: String?

  func validate() throws {
    if let lifetime, Units.duration(lifetime) ?? .zero < .seconds(1) {
      throw ValidationError("--lifetime: expected a time from 1s, as 2h, found \(lifetime)")
    }
    if let label, label.isEmpty || label.utf8.count > 100 {
      throw ValidationError("--label: from 1 to 100 bytes")
    }
  }

  func run() throws {
    let service = ServiceManager.own()
    let umask = SpoolRights.adopt(options.path)
    let signals = try StopSignals.catchAll()
    let events = EventSources.make(poll: poll)
    let spool = try options.openWatched()
    var offer = try flags.pilotOptions(in: spool)
    offer.lifetime = lifetime.flatMap(Units.duration)
    offer.exitsWhenIdle = exitWhenIdle
    offer.label = label
    let loop = try PilotLoop(
      spool, events: events, options: offer, drain: flags.drainTime, umask: umask,
      service: service)
    try signals.onEach { loop.stop() }
    try loop.run()
    if signals.exitCode != 0 { throw ExitCode(signals.exitCode) }
  }
}
