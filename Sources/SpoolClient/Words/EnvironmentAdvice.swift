internal import SpoolModel

/// The advice for payloads that miss what the user's own environment has.
enum EnvironmentAdvice {
  /// What shells, loaders and Python say of what they do not find.
  private static let signs = [
    "ModuleNotFoundError", "ImportError", "cannot open shared object file", "command not found",
    ": not found", "No module named",
  ]

  /// Returns advice if the reason of a failed attempt says that something was not found, else nil.
  static func advice(_ line: LedgerLine) -> String? {
    switch line.failure?.cause {
    case .exit?, .signal?: break
    default: return nil
    }
    guard let reason = line.reason, signs.contains(where: reason.contains) else { return nil }
    return
      "a payload gets a clean environment, not yours: `spool submit --env PYTHONPATH` passes a "
      + "variable (\"environment\"), --setup FILE sources a script before the command (\"setup\")"
  }
}
