public import ArgumentParser
internal import SpoolClient
internal import SpoolModel

/// The command `spool` with all its verbs.
public struct SpoolCommand: ParsableCommand {
  /// The name, the help text and the verbs.
  public static let configuration = CommandConfiguration(
    commandName: "spool",
    abstract: "A batch system made of directories.",
    discussion: """
      First steps:
        spool init                       make ./spool
        spool up &                       watch it, and run jobs on this machine
        spool submit --name hello --count 10 --wait -- echo 'job {index}'
        spool jobs hello
        cat spool/STATUS
      """,
    version: version,
    subcommands: [
      InitCommand.self, UpCommand.self, WatchCommand.self, PilotCommand.self, PilotsCommand.self,
      FactoryCommand.self,
      SubmitCommand.self, WaitCommand.self, StatusCommand.self, ExplainCommand.self,
      JobsCommand.self, LogsCommand.self, TopCommand.self, PageCommand.self,
      MetricsCommand.self, ReportCommand.self, CancelCommand.self,
      HoldCommand.self, ReleaseCommand.self, RetryCommand.self, PriorityCommand.self,
      LimitCommand.self, ForgetCommand.self, DatasetCommand.self, CheckCommand.self,
      RecoverCommand.self, UpgradeCommand.self, WebCommand.self,
    ])

  /// The version that `--version` prints, and that pilots and watchers record.
  public static let version = SpoolVersion.text

  /// Makes the command; the parser fills it.
  public init() {}

  /// Runs the verb that the arguments name, and exits with the code that tells how it went (DESIGN
  /// 6).
  public static func main() { main(nil) }

  private static func main(_ arguments: [String]?) {
    StandardFiles.open()
    do {
      try checkVerb(CommandLine.arguments.dropFirst().first)
      var command = try parseAsRoot(arguments)
      try command.run()
      if let failure = Terminal.close() { throw failure }
    } catch let failure as Failure {
      end(failure)
    } catch {
      if error is ExitCode, let failure = Terminal.close() { end(failure) }
      if error is ValidationError || error is CleanExit || error is ExitCode || isParsing(error) {
        exit(withError: error)
      }
      end(Failure(.unavailable, "\(error)"))
    }
  }

  /// Says what went wrong, and exits. What could not be printed is told, too, but the verb's own
  /// failure counts.
  private static func end(_ failure: Failure) -> Never {
    if failure.code != .output, let output = Terminal.close() {
      Terminal.note("spool: \(output.message)")
    }
    Terminal.note("spool: \(failure.message)")
    exit(withError: ExitCode(failure.code.rawValue))
  }

  /// Fails for a word that is no verb, with the verb that may have been meant: the parser has no such
  /// advice.
  private static func checkVerb(_ word: String?) throws {
    let verbs = configuration.subcommands.compactMap { $0.configuration.commandName }
    guard let word, !word.hasPrefix("-"), !(verbs + ["help"]).contains(word) else { return }
    let advice = Nearest.question(word, among: verbs).map { "; \($0)" } ?? ""
    throw Failure(.usage, "there is no verb \"\(word)\"\(advice) See `spool --help`")
  }

  /// True for an error of the parser's own, which has a message and usage to show.
  private static func isParsing(_ error: any Error) -> Bool {
    exitCode(for: error) != .failure || "\(type(of: error))".contains("Command")
  }
}
