internal import ArgumentParser
internal import SpoolClient
internal import SpoolStore

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a spool: its directories and spool.json.",
    discussion: """
      What is there already is left as it is.

      With --group the members of a group submit to the spool, and its owner, who calls this, serves \
      it: only the owner writes, but into incoming/, where each member may put requests and remove \
      their own. It may be given again, for a spool that is there.

      Example: spool init --group physics /shared/run42/spool
      """)

  @OptionGroup var options: SpoolOptions

  @Option(help: ArgumentHelp("The group that submits, by name or number.", valueName: "group"))
  var group: String?

  @Argument(help: "Where. Default: as for --spool.")
  var directory: String?

  func run() throws {
    let number = try group.map { name in
      guard let number = SpoolRights.group(name) else {
        throw Failure(.usage, "there is no group \"\(name)\"")
      }
      return number
    }
    let path = directory.map(WorkingDirectory.absolute) ?? options.path
    try Spool.made(at: path)
    do throws(FileError) {
      if let number { try SpoolRights(Layout(root: path), group: number).apply() }
    } catch {
      throw Failure(.unavailable, "\(error)")
    }
    let spool = try Spool.opened(at: path)
    for line in spool.mount(probedBy: ProcessIdentity.randomID()).advice(spool.config) {
      Terminal.note("spool: \(line)")
    }
    let members = group.map { " for the group \($0)" } ?? ""
    Terminal.print("made the spool \(path)\(members); watch it with `spool up --spool \(path)`")
  }
}
