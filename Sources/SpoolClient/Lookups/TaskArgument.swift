public import SpoolModel
public import SpoolStore

/// The name of a task or a chain as an argument.
public enum TaskArgument {
  /// Returns the name, or fails with the rule for names.
  public static func name(_ text: String) throws -> Name {
    guard let name = Name(text) else {
      throw Failure(.usage, "\"\(text)\" is no task's name: \(Name.rule)")
    }
    return name
  }

  /// Returns the failure for a task that is not there, with the name that may have been meant.
  public static func missing(_ name: Name, in spool: Spool) -> Failure {
    let names = (try? TaskLookup(spool).names()) ?? []
    let advice =
      Nearest.question(name.text, among: names.map(\.text)) ?? "`spool status` lists them"
    return Failure(.missing, "there is no task \(name); \(advice)")
  }
}
