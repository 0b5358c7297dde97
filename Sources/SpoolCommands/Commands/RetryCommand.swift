internal import ArgumentParser
internal import SpoolClient
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
        spool retry run42.reco --jobs 3-7,19
        spool retry run42.merge --split
        spool retry run42.reco --command -- python3 reco-v2.py {input} {output}
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

  @Option(
    help: ArgumentHelp("Only these of the jobs that failed, as 3-7,19.", valueName: "numbers"))
  var jobs: String?
  @Flag(
    help: ArgumentHelp(
      "Try the files of each job that failed one by one, each by a job of its own: a bad file then does "
        + "not cost the good ones."))
  var split = false
  @Option(
    parsing: .remaining,
    help: ArgumentHelp(
      "The task's command from now on: all words that follow.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    if let jobs, JobNumbers(jobs) == nil {
      throw ValidationError("--jobs: expected \(JobNumbers.rule), found \"\(jobs)\"")
    }
    if jobs != nil || !command.isEmpty, orders.tasks.count > 1 {
      throw ValidationError("--jobs and --command go with one task")
    }
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
    order.failedOnly = failedOnly || cause != nil || jobs != nil || split
    order.splits = split
    order.jobs = jobs.flatMap { JobNumbers($0) }
    order.command = try templates
    order.cause = cause
    order.memory = memory.flatMap(Units.bytes)
    order.wall = wall.flatMap(Units.duration)
    try orders.give(.retry(order))
  }

  /// The words of the command; nil if none is given.
  private var templates: [Template]? {
    get throws {
      guard !command.isEmpty else { return nil }
      let words = command.first == "--" ? Array(command.dropFirst()) : command
      guard let program = words.first, !program.isEmpty else {
        throw Failure(.usage, "--command: expected the program and its arguments")
      }
      do throws(RequestError) {
        var templates: [Template] = []
        for word in words { templates.append(try Template(word)) }
        return templates
      } catch {
        throw Failure(.usage, "--command: \(error)")
      }
    }
  }
}
