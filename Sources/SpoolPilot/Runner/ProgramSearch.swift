import Glibc

/// The search for programs as a shell does it, but in the payload's `PATH`, and before anything is
/// forked.
public enum ProgramSearch {
  /// The path where there is no `PATH`.
  static let standardPath = "/usr/local/bin:/usr/bin:/bin"

  /// Finds the path of `program`. One with a slash is left as it is, for `execve` to judge. Parts of
  /// `path` that are not absolute are passed over: a payload runs in another directory than the pilot.
  public static func find(_ program: String, path: String?) throws(SpawnError) -> String {
    if program.utf8.contains(UInt8(ascii: "/")) { return program }
    if program.isEmpty { throw SpawnError(program: program, code: ENOENT) }
    var refused = false
    for directory in (path ?? standardPath).split(separator: ":") where directory.first == "/" {
      let candidate = directory + "/" + program
      var status = stat()
      guard stat(candidate, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      if access(candidate, X_OK) == 0 { return candidate }
      refused = true
    }
    throw SpawnError(program: program, code: refused ? EACCES : ENOENT)
  }
}
