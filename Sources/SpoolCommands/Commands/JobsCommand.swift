internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

struct JobsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs",
    abstract: "List the jobs of a task: those in work, and every attempt that ended.",
    discussion: "Example: spool jobs run42.reco --failed")

  @OptionGroup var options: SpoolOptions
  @Argument(help: "The task.")
  var task: String
  @Flag(help: "Only attempts that failed, with the reason.")
  var failed = false
  @Option(help: "table or json.")
  var format = OutputFormat.table

  func run() throws {
    let name = try TaskArgument.name(task)
    let spool = try options.openWatched()
    var tasks = [name]
    switch try TaskLookup(spool).findDropped(name) {
    case .page(let page): tasks = page.tasks
    case .pending: Terminal.note("spool: \(name) is dropped, and not yet taken by a watcher")
    case .refused(let request):
      throw Failure(.failed, "\(name) was refused: \(request.reason)")
    case .unknown: throw TaskArgument.missing(name, in: spool)
    }
    let listing = JobListing(spool: spool, onlyFailed: failed)
    let entries = try tasks.flatMap(listing.entries)
    Output.render(
      format, columns: JobListing.Entry.columns, rows: entries.map(\.row),
      json: entries.map(\.json))
  }
}
