internal import Glibc

/// The environment that this process was given.
enum Environment {
  /// Returns the value of a variable; nil if it is not set.
  static func value(_ name: String) -> String? {
    guard let text = getenv(name) else { return nil }
    return String(cString: text)
  }

  /// All variables, by name.
  static var all: [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let parts = String(cString: text).split(separator: "=", maxSplits: 1).map(String.init)
      if let name = parts.first { variables[name] = parts.count > 1 ? parts[1] : "" }
      entry += 1
    }
    return variables
  }

  /// Returns the variables that programs get which are started from here: the places of programs and of
  /// the user's home, and the language.
  static func clean(_ own: [String: String]) -> [String: String] {
    let names = [
      "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH",
      "PYTHONPATH",
    ]
    var variables = own.filter { names.contains($0.key) }
    if variables["PATH"] == nil { variables["PATH"] = "/usr/local/bin:/usr/bin:/bin" }
    if variables["HOME"] == nil { variables["HOME"] = UserNames.home ?? "/" }
    return variables
  }

  /// The variables that most often make a program work here, and not where it gets a clean environment.
  static let telling = [
    "PYTHONPATH", "ROOTSYS", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_PREFIX",
  ]
}
