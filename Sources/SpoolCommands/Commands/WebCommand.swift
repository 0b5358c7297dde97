internal import ArgumentParser
internal import Glibc
internal import SpoolClient
internal import SpoolPilot

struct WebCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "web",
    abstract: "Show the spool in a browser, and to programs over HTTP.",
    discussion: """
      Runs spool-gateway, a program of its own, if it is beside spool or in PATH. All options behind \
      --spool are its own: `spool web --help-gateway` lists them.

      Examples:
        spool web
        spool web --spool /shared/spool --port 9000
      """)

  @OptionGroup var options: SpoolOptions
  @Flag(name: .customLong("help-gateway"), help: "Show the options of spool-gateway.")
  var helpGateway = false
  @Argument(parsing: .allUnrecognized, help: "Options of spool-gateway.")
  var rest: [String] = []

  private static let program = "spool-gateway"

  func run() throws {
    if !helpGateway { _ = try options.open() }
    guard let path = Self.find() else {
      throw Failure(
        .unavailable,
        "there is no \(Self.program) beside spool or in PATH: `make gateway` in Spool's sources builds "
          + "it, and `make install-gateway` puts it beside spool")
    }
    var arguments = [path]
    if helpGateway { arguments.append("--help") } else { arguments += ["--spool", options.path] }
    arguments += rest
    var words = arguments.map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    execv(path, words)
    throw Failure(.unavailable, "cannot run \(path): \(String(cString: strerror(errno)))")
  }

  /// Returns the path of the program: beside this one, or as the shell would find it.
  private static func find() -> String? {
    if let own = realpath("/proc/self/exe", nil) {
      defer { free(own) }
      let path = String(cString: own)
      let beside = String(path.dropLast(path.split(separator: "/").last?.count ?? 0))
      if access(beside + program, X_OK) == 0 { return beside + program }
    }
    return try? ProgramSearch.find(program, path: Environment.value("PATH"))
  }
}
