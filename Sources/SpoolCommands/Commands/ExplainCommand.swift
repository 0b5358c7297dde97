internal import ArgumentParser
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
    switch TaskLookup(spool).find(name) {
    case .page(let page):
      guard let steps = page.steps else {
        return try print(TaskExplanation(spool, name, page).lines)
      }
      Terminal.print("the chain \(name) is \(page.stands)")
      for step in steps { try explainStep(step, spool) }
    case .pending: Terminal.print("\(name) is dropped, and not yet taken by a watcher")
    case .refused(let refusal): Terminal.print("\(name) was refused: \(refusal.reason)")
    case .unknown:
      guard let job = JobID(name.text), case .page(let page) = TaskLookup(spool).find(job.task)
      else { throw TaskArgument.missing(name, in: spool) }
      try print(JobExplanation(spool, job, page).lines)
    }
  }

  private func explainStep(_ step: JSON, _ spool: Spool) throws {
    guard let name = step["task"]?.string.flatMap({ Name($0) }),
      case .page(let page) = TaskLookup(spool).find(name)
    else { return }
    try print([""] + TaskExplanation(spool, name, page).lines)
  }

  private func print(_ lines: [String]) { for line in lines { Terminal.print(line) } }
}
