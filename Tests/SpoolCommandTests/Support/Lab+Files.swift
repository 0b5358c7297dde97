import Glibc
import SpoolModel
import SpoolStore
import Testing

/// What a test puts into its lab, and reads there.
extension Lab {
  /// A file's text; empty where there is none.
  func text(_ path: String) -> String {
    String(decoding: (try? files.read(absolute(path), limit: 64 << 20)) ?? [], as: UTF8.self)
  }

  func isThere(_ path: String) -> Bool { files.isPresent(absolute(path)) }

  /// The names in a directory, sorted; none where there is no directory.
  func names(_ directory: String) -> [String] {
    ((try? files.list(absolute(directory), fresh: false).names) ?? []).sorted()
  }

  /// The names without those that begin with a dot: a file that is being made has such a one.
  func visible(_ directory: String) -> [String] { names(directory).filter { !$0.hasPrefix(".") } }

  /// A path of the lab, made absolute.
  func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : self.path + "/" + path }

  /// Writes a file, and the directories above it.
  func write(_ path: String, _ text: String, mode: mode_t = 0o644) throws {
    let path = absolute(path)
    try files.ensureDirectories(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    try files.replace(path, Array(text.utf8))
    try #require(chmod(path, mode) == 0)
  }

  func write(_ path: String, _ json: JSON) throws {
    try write(path, String(decoding: json.pretty, as: UTF8.self))
  }

  func makeDirectory(_ path: String) throws { try files.createDirectory(absolute(path)) }

  func remove(_ path: String) throws { try files.remove(absolute(path)) }

  /// Drops a request as a user does.
  func cp(_ file: String, as name: String) async throws {
    let ended = try await end(
      of: launch(["/bin/cp", absolute(file), "\(spool)/incoming/\(name)"]))
    #expect(ended.code == 0, Comment(rawValue: ended.errors))
  }

  /// Drops JSON with plain `cp`.
  func drop(_ json: JSON, as name: String) async throws {
    try write("drop/\(name)", json)
    try await cp("drop/\(name)", as: name)
  }

  /// Makes input files, each with its own name as contents.
  func makeInputs(_ names: [String], in directory: String = "raw") throws {
    for name in names { try write("\(directory)/\(name)", name + "\n") }
  }

  func json(_ path: String) throws -> JSON { try JSON.parse(Array(text(path).utf8)) }

  /// The lines of a view after its header.
  func lines(_ path: String) throws -> [JSON] {
    let lines = text(path).split(separator: "\n")
    return try lines.dropFirst().map { try JSON.parse(Array($0.utf8)) }
  }

  /// Every attempt of a task's jobs.
  func ledger(_ task: String) throws -> [JSON] { try lines("spool/ledger/\(task).jsonl") }

  /// The paths of a dataset's files.
  func catalogue(_ dataset: String) throws -> [String] {
    try lines("spool/datasets/\(dataset).jsonl").compactMap { $0["path"]?.string }
  }

  /// A task that has ended, by its page.
  func summary(_ task: String) throws -> JSON {
    try json(
      isThere("spool/done/\(task).json") ? "spool/done/\(task).json" : "spool/failed/\(task).json")
  }

  func hasEnded(_ task: String) -> Bool {
    isThere("spool/done/\(task).json") || isThere("spool/failed/\(task).json")
  }

  /// The lab is a spool in which all is as it should be.
  func expectClean(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let ended = try await spool("check")
    #expect(ended.code == 0, Comment(rawValue: ended.said), sourceLocation: sourceLocation)
    #expect(!ended.output.contains("nobody"), sourceLocation: sourceLocation)
  }

  /// Files left below a directory whose name begins with `.spool.`.
  func parts(_ directory: String) -> [String] {
    names(directory).filter { $0.hasPrefix(".spool.") }
  }

  /// The pids of processes in whose environment a text stands, and which are not dead.
  func processes(marked mark: String) -> [pid_t] {
    ((try? files.list("/proc", fresh: false).names) ?? []).compactMap { pid_t($0) }.filter { pid in
      let descriptor = open("/proc/\(pid)/environ", O_RDONLY)
      guard descriptor >= 0 else { return false }
      defer { close(descriptor) }
      var bytes = [UInt8](repeating: 0, count: 64 << 10)
      let count = read(descriptor, &bytes, bytes.count)
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).contains(mark)
    }
  }
}

/// A task as JSON, with what is usual in tests.
func task(
  _ name: String, input: JSON, _ command: [String], _ more: [String: JSON] = [:]
) -> JSON {
  var object = JSONObject([
    .init("kind", "task"), .init("name", .string(name)), .init("input", input),
    .init("command", .array(command.map { .string($0) })),
    .init("resources", ["memory": "50MB", "wall": "30m"]),
    .init("retry", ["attempts": 3, "backoff": "50ms"]),
  ])
  for (key, value) in more.sorted(by: { $0.key < $1.key }) { object[key] = value }
  return .object(object)
}

/// A dataset manifest as JSON.
func manifest(_ name: String, _ files: [String], closed: Bool = false) -> JSON {
  [
    "kind": "dataset", "name": .string(name), "files": .array(files.map { .string($0) }),
    "closed": .bool(closed),
  ]
}
