internal import SpoolClient
internal import SpoolModel

/// The values of `--env NAME` and `--env NAME=VALUE`: variables for payloads.
struct VariableList {
  /// The variables, in the order in which they were given.
  let variables: [EnvironmentVariable]

  /// Reads the variables. A value that is written out may be a template, as in a request; one of this
  /// process's environment is none.
  init(_ texts: [String], isTemplate: Bool) throws {
    var variables: [EnvironmentVariable] = []
    for text in texts {
      let variable = try Self.variable(text, isTemplate)
      guard !variables.contains(where: { $0.name == variable.name }) else {
        throw Failure(.usage, "--env: \(variable.name) is given twice")
      }
      variables.append(variable)
    }
    self.variables = variables
  }

  private static func variable(_ text: String, _ isTemplate: Bool) throws -> EnvironmentVariable {
    let name = String(text.prefix { $0 != "=" })
    guard EnvironmentVariable.isName(name) else {
      throw Failure(
        .usage,
        "--env: expected NAME or NAME=VALUE, found \"\(text)\": \(EnvironmentVariable.rule)")
    }
    let value: String
    if name.utf8.count < text.utf8.count {
      let written = String(text.dropFirst(name.count + 1))
      value = isTemplate ? written : Template.escaped(written)
    } else if let own = Environment.value(name) {
      value = Template.escaped(own)
    } else {
      throw Failure(.usage, "--env: \(name) is not set here: set it, or write \(name)=VALUE")
    }
    do throws(RequestError) {
      return EnvironmentVariable(name, try Template(value))
    } catch {
      throw Failure(.usage, "--env \(name): \(error)")
    }
  }
}
