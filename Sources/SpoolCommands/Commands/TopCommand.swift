internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Show tasks and pilots on the terminal, as they are from moment to moment.",
    discussion: """
      The arrows choose a task; enter opens it, l follows what its jobs print, h holds it, c cancels it after \
      a question; ? shows all keys, q leaves. NO_COLOR in the environment: without colours.

      Example: spool top --spool /shared/spool
      """)

  @OptionGroup var options: SpoolOptions
  @Option(help: ArgumentHelp("The time between two looks at the spool, as 2s.", valueName: "time"))
  var every = "1s"
  @Flag(help: "No colours: a sign marks the chosen task.")
  var plain = false

  func validate() throws {
    if let problem = Units.wallProblem(every) { throw ValidationError("--every: \(problem)") }
  }

  func run() throws {
    let spool = try options.open()
    let interval = max(.milliseconds(200), Units.duration(every) ?? .seconds(1))
    let isPlain = plain || !(Environment.value("NO_COLOR") ?? "").isEmpty
    let terminal = try TopTerminal(hasStyles: !isPlain)
    defer { terminal.close() }
    var loop = TopLoop(spool, at: options.path, terminal, interval)
    try loop.run()
  }
}
