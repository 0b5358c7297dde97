internal import ArgumentParser
internal import SpoolModel

struct ReleaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release",
    abstract: "Let tasks go on that were held.",
    discussion: """
      Example: spool release run42.reco
      """)

  @OptionGroup var orders: OrderArguments

  func run() throws { try orders.give(.release) }
}
