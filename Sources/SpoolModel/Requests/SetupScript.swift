/// The script that is sourced before a payload: `"setup"` of a task, a chain or `spool.json`.
public enum SetupScript: Equatable, Sendable {
  /// No script, whatever the chain or the spool says.
  case none
  /// The script at this path, absolute, on the pilot's machine.
  case script(String)

  /// The word for no script.
  public static let noneText = "none"

  /// The path; nil for no script.
  public var path: String? { if case .script(let path) = self { path } else { nil } }

  /// The script as requests and `spool.json` hold it.
  var text: String { path ?? Self.noneText }
}

extension Fields {
  /// Reads a setup; a relative path is taken from `root`, or refused where that is nil.
  func setup(_ key: String, root: String?) throws(RequestError) -> SetupScript? {
    guard let text = try string(key) else { return nil }
    if text == SetupScript.noneText { return SetupScript.none }
    guard root != nil || text.utf8.first == UInt8(ascii: "/") else {
      throw fault(key, "expected the absolute path of a script, or \"none\", found \"\(text)\"")
    }
    return .script(try path(text, root: root ?? "/", key, at: key))
  }
}
