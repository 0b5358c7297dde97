internal import ArgumentParser
internal import SpoolModel

struct HoldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold",
    abstract:
      "Stop tasks for a while: jobs that wait are taken back, those that run end by themselves.",
    discussion: """
      Example: spool hold run42.reco
      """)

  @OptionGroup var orders: OrderArguments

  func run() throws { try orders.give(.hold) }
}
