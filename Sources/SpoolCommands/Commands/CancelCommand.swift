internal import ArgumentParser
internal import SpoolModel

struct CancelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "End tasks: jobs that wait are taken back, those that run are stopped.",
    discussion: """
      What is done stays done. `spool retry` goes on with the rest.

      Example: spool cancel run42.reco
      """)

  @OptionGroup var orders: OrderArguments

  func run() throws { try orders.give(.cancel) }
}
