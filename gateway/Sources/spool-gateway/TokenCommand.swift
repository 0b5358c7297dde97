internal import ArgumentParser
internal import SpoolClient
internal import SpoolGateway

struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Make a token, and print it once.",
    discussion: """
      The file gets the token's SHA-256, not the token: who reads the file cannot use it. A token is taken \
      back by removing its line and starting the gateway anew.

      Roles: read looks at everything; submit also submits, and gives orders about what came under the \
      same name; operate gives orders about everything.

      Example: spool-gateway token --name alice --role submit --file tokens
      """)

  @Option(help: "The name under which requests with this token are known.")
  var name: String
  @Option(help: "read, submit or operate.")
  var role = "read"
  @Option(help: ArgumentHelp("The file that gets the token's line.", valueName: "file"))
  var file: String?

  func run() throws {
    let made = try TokenFile.make(name: name, role: role)
    if let file {
      try TokenFile(file).add(made)
    } else {
      Standard.note("the line for the file of tokens:")
      Standard.note(made.line)
    }
    Standard.print(made.token)
  }
}
