internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Tell what the jobs of a task used, beside what it asked for.",
    discussion: """
      Time, processor time, memory and efficiency of the attempts that ended well, with histograms; the \
      attempts that came to nothing, by cause; and what to ask for next time. Efficiency is the processor \
      time as a part of the time on all cores that the job asked for. Of a chain, the same for each step.

      Examples:
        spool report run42.reco
        spool report run42 --format json
      """)

  @OptionGroup var options: SpoolOptions
  @Argument(help: "The task, or the chain.")
  var task: String
  @Option(help: "table or json.")
  var format = OutputFormat.table

  func run() throws {
    let spool = try options.openWatched()
    let lookup = TaskLookup(spool)
    let usages = try page(in: lookup).tasks.compactMap { name in
      try lookup.page(of: name)?.task.map { try TaskUsage($0, in: spool) }
    }
    switch format {
    case .table:
      let texts = usages.map { UsageText(usage: $0).lines.joined(separator: "\n") }
      Terminal.print(texts.joined(separator: "\n\n"))
    case .json: Terminal.print(json: JSON.array(usages.map(\.json)).pretty)
    }
  }

  private func page(in lookup: TaskLookup) throws -> TaskPage {
    let name = try TaskArgument.name(task)
    guard let page = try lookup.droppedPage(name) else {
      throw Failure(.missing, TaskLookup.pendingWords(name) + ": nothing has run")
    }
    return page
  }
}
