internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

struct DatasetCloseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "close",
    abstract: "Say that no more files come into a dataset.",
    discussion: """
      Tasks that read it can end then. Of a watched directory what lies there still joins.

      Example: spool dataset close run42.raw
      """)

  @OptionGroup var argument: DatasetArgument

  func run() throws {
    let (spool, name, page) = try argument.open()
    guard page.summary.state == .open else {
      return Terminal.print(
        "\(name) is \(page.summary.state.rawValue) already, with \(Self.files(page))")
    }
    let delivery = try RequestDelivery(spool, rooms: [.datasets])
    let lookup = DatasetLookup(spool)
    try delivery.deliver(
      Submission(closing: name), "close \(name)", effect: RequestDelivery.patience
    ) {
      lookup.find(name)?.summary.state != .open
    }
    let after = lookup.find(name) ?? page
    guard after.summary.state == .open else {
      return Terminal.print("\(name) is \(after.summary.state.rawValue), with \(Self.files(after))")
    }
    let producers = after.livingProducers.map(\.text)
    Terminal.print(
      producers.isEmpty
        ? "\(name) closes when unfinished files have joined: see `spool dataset show \(name)`"
        : "\(name) closes when the tasks that fill it have ended: \(producers.joined(separator: ", "))"
    )
  }

  private static func files(_ page: DatasetPage) -> String { "\(page.summary.totals.files) files" }
}
