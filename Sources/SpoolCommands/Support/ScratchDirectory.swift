internal import Glibc
internal import SpoolModel
internal import SpoolStore

/// Where payloads run: a directory of the pilot's own on local disk.
enum ScratchDirectory {
  /// Below `parent`, or `TMPDIR`, or the system's directory for what is temporary.
  static func choose(_ parent: String?) -> String {
    let base = parent ?? Environment.value("TMPDIR") ?? "/var" + "/tmp"
    return "\(WorkingDirectory.absolute(base))/spool-\(getuid())-\(getpid())"
  }

  /// Removes what the pilot made; nothing that is not there is an error.
  static func remove(_ path: String, _ files: any FileSystem) throws(FileError) {
    guard let kind = try files.attributesIfPresent(path)?.kind else { return }
    guard kind == .directory else { return try files.remove(path) }
    for name in try files.list(path, fresh: false).names { try remove("\(path)/\(name)", files) }
    try files.removeDirectory(path)
  }
}

enum Environment {
  static func value(_ name: String) -> String? {
    guard let text = getenv(name) else { return nil }
    return String(cString: text)
  }

  /// Everything, by name.
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
}

enum WorkingDirectory {
  static var current: String {
    guard let text = getcwd(nil, 0) else { return "/" }
    defer { free(text) }
    return String(cString: text)
  }

  /// The path, absolute and without `.` and `..`, by its spelling.
  static func absolute(_ path: String) -> String {
    var parts: [Substring] = []
    let whole = path.hasPrefix("/") ? path : current + "/" + path
    for part in whole.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
