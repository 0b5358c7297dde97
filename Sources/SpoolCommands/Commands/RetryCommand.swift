internal import ArgumentParser
internal import SpoolModel

struct RetryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Try again what failed or was cancelled, from where it was.",
    discussion: """
      What is done is not run again. Without --failed-only a task that was cancelled also goes on with \
      the jobs that had not run. New limits hold for all jobs of the task that start from now on.

      Examples:
        spool retry run42.reco
        spool retry run42.reco --cause memory --memory 8GB
      """)

  @OptionGroup var orders: OrderArguments
  @Flag(help: "Only jobs that failed.")
  var failedOnly = false
  @Option(
    help: ArgumentHelp(
      "Only jobs that failed of this, as memory, wall or exit2.", valueName: "cause"))
  var cause: String?
  @Option(help: ArgumentHelp("A new memory limit, as 8GB.", valueName: "size"))
  var memory: String?
  @Option(help: ArgumentHelp("A new wall time, as 2h.", valueName: "time"))
  var wall: String?

  func validate() throws {
    if let cause, !RetryOrder.isCause(cause) {
      throw ValidationError("--cause: \"\(cause)\" is no cause: \(RetryOrder.causes)")
    }
    if let memory, let problem = Units.memoryProblem(memory) {
      throw ValidationError("--memory: \(problem)")
    }
    if let wall, let problem = Units.wallProblem(wall) {
      throw ValidationError("--wall: \(problem)")
    }
  }

  func run() throws {
    var order = RetryOrder()
    order.failedOnly = failedOnly || cause != nil
    order.cause = cause
    order.memory = memory.flatMap(Units.bytes)
    order.wall = wall.flatMap(Units.duration)
    try orders.give(.retry(order))
  }
}
