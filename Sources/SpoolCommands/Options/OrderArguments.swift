internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// Tasks by name, as verbs that give orders take them.
struct OrderArguments: ParsableArguments {
  @OptionGroup var options: SpoolOptions
  @Argument(help: "The tasks.")
  var tasks: [String]

  /// Gives the order for each of the tasks.
  func give(_ action: ControlRequest.Action) throws {
    let names = try tasks.map(TaskArgument.name)
    let spool = try options.openWatched()
    try TaskOrders(spool).give(names.map { ControlRequest(task: $0, action: action) })
  }
}
