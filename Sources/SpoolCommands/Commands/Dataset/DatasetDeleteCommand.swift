internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

struct DatasetDeleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Delete the files of a dataset that jobs of this spool made.",
    discussion: """
      Says first what would go, and does it with --yes, or after a typed "yes". Files that nobody made \
      here stay, unless you say --inputs. The catalogue stays, as history.

      Example: spool dataset delete run42.dec --yes
      """)

  @OptionGroup var argument: DatasetArgument
  @Flag(help: "Also files that a manifest named or a watched directory gave.")
  var inputs = false
  @Flag(help: "Although a task that reads it has failed jobs, which could not be tried again then.")
  var force = false
  @Flag(help: "Do not ask.")
  var yes = false

  func run() throws {
    let (spool, name, page) = try argument.open()
    if page.summary.state == .deleted { return Terminal.print("\(name) is deleted already") }
    Terminal.print(try plan(spool, name))
    guard yes || Terminal.confirm("Delete them?") else {
      throw Failure(.usage, "nothing is deleted; say --yes to delete")
    }
    let delivery = try RequestDelivery(spool, rooms: [.datasets])
    let order = DeleteRequest(dataset: name, inputs: inputs, force: force)
    let lookup = DatasetLookup(spool)
    try delivery.deliver(Submission(order), "delete \(name)", effect: .zero) {
      lookup.find(name)?.summary.state == .deleted
    }
    try follow(spool, name, delivery)
  }

  /// Reads the catalogue, and returns in words which files would go, and which would stay.
  private func plan(_ spool: Spool, _ name: Name) throws -> String {
    var (files, bytes, unsized, others) = (0, 0, 0, 0)
    try DatasetLookup(spool).eachFile(of: name) { line, _ in
      guard inputs || line.job != nil else { return others += 1 }
      files += 1
      if let size = line.file.size {
        let (sum, isOver) = bytes.addingReportingOverflow(size)
        bytes = isOver ? .max : sum
      } else {
        unsized += 1
      }
    }
    var text = "deletes \(files) files of \(name), \(Units.text(bytes: bytes))"
    if unsized > 0 { text += " and the size of \(unsized) files, which is not known" }
    if others > 0 {
      text += "; \(others) files that no job of this spool made stay (--inputs deletes them, too)"
    }
    return text
  }

  private func follow(_ spool: Spool, _ name: Name, _ delivery: RequestDelivery) throws {
    let lookup = DatasetLookup(spool)
    _ = try delivery.wait { lookup.find(name)?.summary.state == .deleted }
    let summary = lookup.find(name)?.summary
    let removed = summary?.removed ?? FileTotals()
    Terminal.print(
      summary?.state == .deleted
        ? "deleted \(name): \(removed.files) files, \(Units.text(bytes: removed.bytes))"
        : "\(name) is being deleted: \(removed.files) files so far; see `spool dataset show \(name)`"
    )
  }
}
