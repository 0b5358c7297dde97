internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say in words why a task or a job waits, or failed, and what to do.",
    discussion: """
      Examples:
        spool explain run42.reco
        spool explain run42.reco.00000017
      """)

  @OptionGroup var options: SpoolOptions
  @Argument(help: "A task, or a job of one.")
  var name: String

  func run() throws {
    let name = try TaskArgument.name(name)
    let spool = try options.openWatched()
    JobID.noteTask(name, in: spool)
    switch try TaskLookup(spool).findDropped(name) {
    case .page(let page):
      switch page.content {
      case .task(let task): try print(TaskExplanation(spool, task, page).lines())
      case .chain(let chain): try explain(chain, page, spool)
      }
    case .pending: Terminal.print("\(name) is dropped, and not yet taken by a watcher")
    case .refused(let request): Terminal.print("\(name) was refused: \(request.reason)")
    case .unknown:
      guard let job = JobID(name.text), let page = TaskLookup(spool).page(of: job.task)
      else { throw TaskArgument.missing(name, in: spool) }
      try print(JobExplanation(spool, job, page).lines())
    }
  }

  private func explain(_ chain: ChainSummary, _ page: TaskPage, _ spool: Spool) throws {
    Terminal.print("the chain \(chain.chain) is \(page.stateText)")
    for step in chain.steps {
      guard let page = TaskLookup(spool).page(of: step.task), let task = page.task else { continue }
      try print([""] + TaskExplanation(spool, task, page).lines())
    }
  }

  private func print(_ lines: [String]) { for line in lines { Terminal.print(line) } }
}
