internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

struct JobsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs",
    abstract: "List the jobs of a task: those in work, and every attempt that ended.",
    discussion: """
      Examples:
        spool jobs run42.reco --failed
        spool jobs run42.reco --running
      """)

  @OptionGroup var options: SpoolOptions
  @Argument(help: "The task.")
  var task: String
  @Flag(help: "Only attempts that failed, with the reason.")
  var failed = false
  @Flag(help: "Only jobs that pilots have now.")
  var running = false
  @Option(help: "table or json.")
  var format = OutputFormat.table

  func validate() throws {
    if failed, running { throw ValidationError("give one of --failed and --running") }
  }

  func run() throws {
    let name = try TaskArgument.name(task)
    let spool = try options.openWatched()
    let page = try TaskLookup(spool).droppedPage(name)
    if page == nil { Terminal.note("spool: " + TaskLookup.pendingWords(name)) }
    let listing = JobListing(
      spool: spool, part: failed ? .failed : running ? .running : .all)
    let entries = try (page?.tasks ?? [name]).flatMap(listing.entries)
    Output.render(
      format, columns: JobListing.Entry.columns, rows: entries.map(\.row),
      json: entries.map(\.json))
  }
}
