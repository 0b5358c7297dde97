internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel

struct LimitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limit",
    abstract: "Let no more than so many jobs of a task wait for a pilot or run at once.",
    discussion: """
      Jobs that run already end by themselves. Of a chain each step gets the limit.

      Examples:
        spool limit run42.reco 50
        spool limit run42.reco none
      """)

  @OptionGroup var options: SpoolOptions
  @Argument(help: "The task.")
  var task: String
  @Argument(help: ArgumentHelp("The most jobs, or none for no limit.", valueName: "jobs"))
  var most: String

  func validate() throws {
    guard most != ControlRequest.none, !(Int(most).map(Limits.running.contains) ?? false) else {
      return
    }
    throw ValidationError(
      "the limit is a whole number from 1, or \(ControlRequest.none), found \(most)")
  }

  func run() throws {
    let name = try TaskArgument.name(task)
    let spool = try options.openWatched()
    try TaskOrders(spool).give([ControlRequest(task: name, action: .limit(Int(most)))])
  }
}
