internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore
internal import SpoolWatcher

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check that the spool is as it should be; changes nothing.",
    discussion: """
      Every job in exactly one place, sums as the journal has them, views as long as it says, and \
      nothing that is nobody's. Exit code 1 where something is wrong. May run beside a watcher: what \
      moves meanwhile is looked at again.

      Example: spool check --spool /shared/run42/spool
      """)

  @OptionGroup var options: SpoolOptions
  @Option(help: "table or json.")
  var format = OutputFormat.table

  /// The time between two looks beside a watcher: some of its turns.
  static let pause = Duration.milliseconds(700)

  func run() throws {
    let spool = try options.open()
    let isWatched = WatcherProbe(spool).warning() == nil
    let waker = try Waker()
    let report = try SpoolCheck(spool, isWatched: isWatched).run {
      if isWatched { waker.wait(for: Self.pause) }
    }
    if format == .table, report.findings.isEmpty { return Terminal.print(report.summary) }
    Output.render(
      format, columns: ["kind", "where", "what"],
      rows: report.findings.map { [$0.kind.rawValue, $0.place, $0.message] },
      json: report.findings.map {
        [
          "kind": .string($0.kind.rawValue), "place": .string($0.place),
          "what": .string($0.message),
        ]
      })
    Terminal.note(report.summary)
    if report.findings.contains(where: { $0.kind == .wrong }) { throw ExitCode(1) }
  }
}
