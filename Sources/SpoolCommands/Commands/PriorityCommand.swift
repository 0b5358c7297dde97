internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel

struct PriorityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "priority",
    abstract: "Change the priority of a task: of its jobs that wait, and of those to come.",
    discussion: "Example: spool priority run42.reco 1")

  @OptionGroup var options: SpoolOptions
  @Argument(help: "The task.")
  var task: String
  @Argument(help: "0 (first) to 9.")
  var priority: Int

  func validate() throws {
    if !(0...9).contains(priority) {
      throw ValidationError("the priority is from 0 (first) to 9, found \(priority)")
    }
  }

  func run() throws {
    let name = try TaskArgument.name(task)
    let spool = try options.openWatched()
    try TaskOrders(spool).give([ControlRequest(task: name, action: .priority(priority))])
  }
}
