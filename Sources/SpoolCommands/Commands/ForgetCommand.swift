internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

struct ForgetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget",
    abstract: "Remove all records of ended tasks, so that their names are free again.",
    discussion: """
      Page, ledger, logs and job files go, and the catalogues of the datasets that the task alone filled. \
      The files that it made stay where they are. Says first what would go, and does it with --yes, or \
      after a typed "yes". A task in work must be cancelled first.

      Examples:
        spool forget run42.reco --yes
        spool submit task.json --replace
      """)

  @OptionGroup var orders: OrderArguments
  @Flag(help: "Do not ask.")
  var yes = false

  func run() throws {
    let names = try orders.tasks.map(TaskArgument.name)
    let lookup = TaskLookup(try orders.options.open())
    for name in names {
      guard case .page(let page) = try lookup.findDropped(name) else {
        throw TaskArgument.missing(name, in: lookup.spool)
      }
      Terminal.print(Self.plan(page))
    }
    guard yes || Terminal.confirm("Forget them?") else {
      throw Failure(.usage, "nothing is forgotten; say --yes to forget")
    }
    try orders.give(.forget)
  }

  /// Returns in words what would go, and what would stay.
  static func plan(_ page: TaskPage) -> String {
    let outputs = page.task?.totals.outputs ?? page.chain?.outputs ?? FileTotals()
    let jobs = page.jobs
    return
      "forgets \(page.name) (\(page.stateText): \(jobs.done) jobs done, \(jobs.failed) failed): "
      + "page, ledger, logs, job files, and the datasets that it alone filled; \(outputs.files) files that it "
      + "made stay, \(Units.text(bytes: outputs.bytes))"
  }
}

extension ChainSummary {
  /// The files that the steps made.
  fileprivate var outputs: FileTotals {
    steps.reduce(into: FileTotals()) { sum, step in
      sum.files += step.totals.outputs.files
      sum.bytes += step.totals.outputs.bytes
    }
  }
}
