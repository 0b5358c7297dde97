internal import ArgumentParser
internal import Glibc
internal import Logging
internal import SpoolClient
internal import SpoolGateway
internal import SpoolModel
internal import SpoolStore

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve the page and the interface of a spool (what `spool-gateway` does).",
    discussion: "Example: spool-gateway serve --spool /shared/spool --port 8787")

  @Option(
    help: ArgumentHelp(
      "The spool's directory. Default: $SPOOL_DIR, else ./spool.", valueName: "directory"))
  var spool: String?
  @Option(help: "The address to listen on. All but those of this host itself need --tokens.")
  var host = "127.0.0.1"
  @Option(help: "The port; 0 takes a free one.")
  var port = 8787
  @Option(
    help: ArgumentHelp(
      "Listen on a socket at this path, as behind nginx, instead of a port.", valueName: "path"))
  var socket: String?
  @Option(
    help: ArgumentHelp(
      "Let in only those who have one of the tokens that this file lists.", valueName: "file"))
  var tokens: String?
  @Option(help: ArgumentHelp("The certificate, with its chain (PEM).", valueName: "file"))
  var certificate: String?
  @Option(help: ArgumentHelp("The certificate's key (PEM).", valueName: "file"))
  var key: String?
  @Option(
    help: ArgumentHelp(
      "A name by which the gateway is called, as of this host; may be repeated.", valueName: "name")
  )
  var hostName: [String] = []
  @Option(help: "Connections that may be open at a time.")
  var connections = 2000
  @Option(help: "Requests a second that a caller may make; a tenth of them may change something.")
  var rate = 2000
  @Flag(help: "Log every request, not only those that change something or fail.")
  var verbose = false

  func validate() throws {
    if (certificate == nil) != (key == nil) {
      throw ValidationError("--certificate and --key go together")
    }
    if !(0...65_535).contains(port) {
      throw ValidationError("--port: from 0 to 65535, found \(port)")
    }
    if !(1...100_000).contains(connections) {
      throw ValidationError("--connections: from 1 to 100000, found \(connections)")
    }
    if !(10...1_000_000).contains(rate) {
      throw ValidationError("--rate: from 10 to 1000000, found \(rate)")
    }
  }

  func run() async throws {
    LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
    var logger = Logger(label: "spool-gateway")
    logger.logLevel = verbose ? .debug : .info
    let gateway = try Gateway(options, logger: logger)
    try await gateway.run { Standard.print($0) }
  }

  private var options: GatewayOptions {
    get throws {
      let directory = spool ?? getenv("SPOOL_DIR").map { String(cString: $0) } ?? "spool"
      var options = GatewayOptions(
        spool: try Spool.opened(at: Self.absolute(directory)),
        place: socket.map { .socket($0) } ?? .port(host: host, port))
      options.tokens = tokens.map(Self.absolute)
      if let certificate, let key { options.tls = (certificate, key) }
      options.hostNames = hostName
      options.connections = connections
      options.rate = rate
      return options
    }
  }

  /// Returns a path as seen from where the user is.
  private static func absolute(_ path: String) -> String {
    if path.split(separator: "/").contains("..") || path.split(separator: "/").contains("."),
      let found = realpath(path, nil)
    {
      defer { free(found) }
      return String(cString: found)
    }
    var whole = path
    if !path.hasPrefix("/"), let here = getcwd(nil, 0) {
      defer { free(here) }
      whole = String(cString: here) + "/" + path
    }
    while whole.count > 1, whole.hasSuffix("/") { whole.removeLast() }
    return whole
  }
}
