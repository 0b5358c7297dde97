internal import ArgumentParser
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
    guard page.state == "open" else {
      return Terminal.print("\(name) is \(page.state) already, with \(page.files) files")
    }
    let delivery = try RequestDelivery(spool, directories: [spool.layout.datasets])
    guard try delivery.deliver(Submission(closing: name), "close \(name)") else { return }
    let lookup = DatasetLookup(spool)
    _ = try delivery.wait { lookup.find(name)?.state != "open" }
    let after = lookup.find(name) ?? page
    guard after.state == "open" else {
      return Terminal.print("\(name) is \(after.state), with \(after.files) files")
    }
    let fillers = after.fillers
    Terminal.print(
      fillers.isEmpty
        ? "\(name) closes when what is unfinished has come: see `spool dataset show \(name)`"
        : "\(name) closes when what fills it has ended: \(fillers.joined(separator: ", "))")
  }
}
