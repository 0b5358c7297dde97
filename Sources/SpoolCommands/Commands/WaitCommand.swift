internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

struct WaitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait",
    abstract: "Wait until tasks have ended, and exit with their fate.",
    discussion: """
      Exit code 0: all done; 1: one failed or was refused; 3: cancelled; 66: no such task; 124: time-out.

      Example: spool wait run42.reco --timeout 2h
      """)

  @OptionGroup var options: SpoolOptions
  @Argument(help: "The tasks.")
  var tasks: [String]
  @Option(help: ArgumentHelp("Wait no longer than this, as 10m.", valueName: "time"))
  var timeout: String?

  func validate() throws {
    if let timeout, Units.duration(timeout) == nil {
      throw ValidationError("--timeout: expected a time as 10m, found \(timeout)")
    }
    if tasks.isEmpty { throw ValidationError("name at least one task, as: spool wait run42.reco") }
  }

  func run() throws {
    let names = try tasks.map(TaskArgument.name)
    let spool = try options.openWatched()
    try Interruption.announce(names)
    let wait = TaskWait(
      spool: spool, events: EventSources.make(poll: false),
      timeOut: timeout.flatMap(Units.duration))
    if let failure = try wait.run(names.map { TaskWait.Target(name: $0) }) { throw failure }
  }
}
