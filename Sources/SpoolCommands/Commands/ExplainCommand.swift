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
    let found = try TaskLookup(spool).findDropped(name)
    for line in try Explanation(spool).lines(of: name, found) { Terminal.print(line) }
  }
}
