internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

struct PilotsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pilots",
    abstract: "List the pilots; let some leave, or take some back.",
    discussion: """
      A quarantined pilot claims nothing until it is released; a drained one leaves when its jobs \
      have ended. A pilot is named by its name or by its host, which means all that run there.

      Example: spool pilots --format json
               spool pilots drain node07
               spool pilots release node07-3fa91c22
      """,
    subcommands: [PilotsListCommand.self, PilotsDrainCommand.self, PilotsReleaseCommand.self],
    defaultSubcommand: PilotsListCommand.self)
}

struct PilotsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the pilots (what `spool pilots` does).",
    discussion: "Example: spool pilots --format json")

  @OptionGroup var options: SpoolOptions
  @Option(help: "table or json.")
  var format = OutputFormat.table

  func run() throws {
    let spool = try options.openWatched()
    let pilots = try PilotListing(spool).pilots()
    Output.render(
      format, columns: PilotListing.Entry.columns, rows: pilots.map(\.row), json: pilots.map(\.json)
    )
  }
}

struct PilotsDrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain",
    abstract: "Let pilots end what they run, and leave.",
    discussion: "Example: spool pilots drain node07")

  @OptionGroup var pilots: PilotArguments

  func run() throws {
    try pilots.tell("drain") { (spool, pilot) throws(FileError) in
      try spool.drain(pilot)
      return "leaves when its jobs have ended"
    }
  }
}

struct PilotsReleaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release",
    abstract: "Let pilots work that were quarantined, or told to leave and have not left yet.",
    discussion: "Example: spool pilots release node07-3fa91c22")

  @OptionGroup var pilots: PilotArguments

  func run() throws {
    try pilots.tell("release") { (spool, pilot) throws(FileError) in
      let wasAside = try spool.release(pilot)
      return try spool.keep(pilot) || wasAside
        ? "works again from its next heartbeat on" : "was neither quarantined nor told to leave"
    }
  }
}
