internal import ArgumentParser
internal import SpoolClient

@main
struct SpoolGatewayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spool-gateway",
    abstract: "Show a spool over HTTP: a page for people, and an interface for programs.",
    discussion: """
      Examples:
        spool-gateway --spool /shared/spool
        spool-gateway --host 0.0.0.0 --tokens tokens --certificate host.pem --key host.key
        spool-gateway token --name alice --role submit --file tokens
      """,
    subcommands: [ServeCommand.self, TokenCommand.self], defaultSubcommand: ServeCommand.self)

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let failure as Failure {
      Standard.note("spool-gateway: \(failure.message)")
      exit(withError: ExitCode(failure.code.rawValue))
    } catch {
      exit(withError: error)
    }
  }
}
