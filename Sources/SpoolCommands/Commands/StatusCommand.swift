internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show how the spool, or a task, stands.",
    discussion: "Example: spool status run42.reco")

  @OptionGroup var options: SpoolOptions
  @Argument(help: "A task; without one, all.")
  var task: String?
  @Option(help: "table or json.")
  var format = OutputFormat.table

  func run() throws {
    let spool = try options.openWatched()
    if let task { return try show(try TaskArgument.name(task), spool) }
    if format == .table, let page = spool.readStatus() {
      Terminal.print(page: page)
      let factories = FactoryText.lines(try spool.allFactories(), at: SystemTime().timestamp)
      if !factories.isEmpty { Terminal.print("\n" + factories.joined(separator: "\n")) }
      return try showEnded(spool)
    }
    try list(spool, TaskLookup(spool).all())
  }

  private func show(_ name: Name, _ spool: Spool) throws {
    guard let page = try TaskLookup(spool).droppedPage(name) else {
      return Terminal.print(TaskLookup.pendingWords(name))
    }
    switch format {
    case .table: Terminal.print(TaskText(page).text)
    case .json: Terminal.print(json: page.json.pretty)
    }
  }

  private func showEnded(_ spool: Spool) throws {
    let lookup = TaskLookup(spool)
    let ended = try lookup.all().filter(\.state.hasEnded)
    let packed = try lookup.packed().count
    if !ended.isEmpty || packed > 0 { Terminal.print("") }
    if !ended.isEmpty { try list(spool, ended) }
    if packed > 0 {
      Terminal.print(
        "\(packed) that ended longer ago are packed in archive/; `spool status TASK` shows one")
    }
  }

  private func list(_ spool: Spool, _ pages: [TaskPage]) throws {
    Output.render(
      format, columns: ["task", "state", "done", "of", "failed", "reason"],
      rows: pages.map { page in
        [
          page.name.text, page.state.rawValue, "\(page.jobs.done)", "\(page.jobs.total)",
          "\(page.jobs.failed)", page.reason ?? "",
        ]
      },
      json: pages.map(\.json))
  }
}
