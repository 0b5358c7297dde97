internal import Glibc
internal import SpoolModel
internal import SpoolStore

/// A request on its way into the spool: a file, flags or an order come in, and out goes a checked
/// request that does not depend on the directory from which `spool` was called, as a file in
/// `incoming/`. `RequestDelivery` waits for the watcher's answer to it.
struct Submission {
  /// The request by its kind.
  enum Content {
    case task(TaskSpec)
    case chain(ChainSpec)
    /// A manifest, its paths absolute.
    case manifest(Name, [UInt8])
    case order(ControlRequest)
    case delete(DeleteRequest)
  }

  var content: Content
  /// The file's name in `incoming/`.
  var fileName: String

  /// Reads a request from a file, and fills in the variables. `changes` are made to its tasks.
  init(
    file path: String, root: String, variables: inout Variables, changes: TaskChanges
  ) throws {
    let bytes: [UInt8]
    let isLines = path.hasSuffix(".jsonl")
    do throws(FileError) {
      let limit = isLines ? 1 << 32 : Limits.request
      bytes = try PosixFileSystem().read(WorkingDirectory.absolute(path), limit: limit)
    } catch {
      throw Failure(.missing, "\(error)")
    }
    do throws(RequestError) {
      if isLines {
        (content, fileName) = try Self.lines(bytes, root: root)
      } else {
        let json = changes.made(to: try variables.fill(Self.parse(bytes)))
        (content, fileName) = try Self.request(json, root: root)
      }
    } catch {
      throw Failure(.usage, "\(path): \(error)")
    }
  }

  /// Makes a request for a task of the command line. Its command runs where the user is, unless
  /// `changes` say otherwise, so that it means what it would mean in the shell. One that leaves files
  /// under names of its own, outputs or a checkpoint, runs in a scratch directory, in which no other job
  /// does.
  init(_ flags: TaskFlags, command: [String], root: String, changes: TaskChanges) throws {
    var flags = flags
    // The shell's user is used to `..`; a request holds none.
    flags.changePaths { path in
      guard path.split(separator: "/").contains("..") else { return path }
      let (base, rest) = WorkingDirectory.split(path)
      return Template.escaped(base) + rest
    }
    var changes = changes
    if flags.take.isEmpty, changes.ends.checkpoint == nil {
      changes.directory = changes.directory ?? Template.escaped(root)
    }
    let inputs = try flags.input.flatMap(Self.expand)
    let request = try flags.request(inputs, command: command)
    do throws(RequestError) {
      let json = changes.made(to: request)
      (content, fileName) = try Self.request(json, root: root)
    } catch {
      throw Failure(.usage, "\(error)")
    }
    try checkSize()
  }

  /// Fails for a request that the watcher would refuse for its size.
  private func checkSize() throws {
    let bytes = contents
    guard bytes.count <= Limits.request else {
      throw Failure(
        .usage,
        "the request would have \(Units.text(bytes: bytes.count)), and \(Limits.request >> 20) MiB may "
          + "be: divide it into several tasks")
    }
    do throws(JSONError) {
      _ = try JSON.parse(bytes, most: Limits.requestValues)
    } catch {
      throw Failure(
        .usage,
        "the request would hold more than \(Limits.requestValues) values: divide it into several tasks"
      )
    }
  }

  /// Makes a request of an order about a task.
  init(_ order: ControlRequest) {
    content = .order(order)
    fileName = "\(order.kind).\(order.task).json"
  }

  /// Makes a manifest without files, which closes its dataset.
  init(closing dataset: Name) {
    let manifest: JSON = [
      "kind": "dataset", "name": .string(dataset.text), "closed": true,
    ]
    content = .manifest(dataset, manifest.pretty)
    fileName = "\(dataset).json"
  }

  /// Makes a request of an order to delete a dataset.
  init(_ order: DeleteRequest) {
    content = .delete(order)
    fileName = "\(DeleteRequest.kind).\(order.dataset).json"
  }

  private static func parse(_ bytes: [UInt8]) throws(RequestError) -> JSON {
    do throws(JSONError) {
      return try JSON.parse(bytes)
    } catch {
      throw RequestError(error)
    }
  }

  private static func request(
    _ json: JSON, root: String
  ) throws(RequestError) -> (Content, String) {
    switch try Request(json, root: root) {
    case .task(let spec): return (.task(spec), "\(spec.name).json")
    case .chain(let spec): return (.chain(spec), "\(spec.name).json")
    case .dataset(let manifest):
      var source = manifest.header.source
      source["files"] = .array(manifest.files.map(line))
      return (
        .manifest(manifest.header.name, JSON.object(source).pretty),
        "\(manifest.header.name).json"
      )
    case .control(let order):
      let submission = Submission(order)
      return (submission.content, submission.fileName)
    case .delete(let order):
      let submission = Submission(order)
      return (submission.content, submission.fileName)
    }
  }

  private static func lines(
    _ bytes: [UInt8], root: String
  ) throws(RequestError) -> (Content, String) {
    var out: [UInt8] = []
    var header: ManifestHeader?
    for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
      guard line.contains(where: { $0 > 32 }) else { continue }
      let json: JSON
      do throws(JSONError) {
        json = try JSON.parse(Array(line), firstLine: index + 1)
      } catch {
        throw RequestError(error)
      }
      if header == nil {
        let read = try ManifestHeader(line: json, root: root)
        header = read
        out += JSON.object(read.source).compact + [10]
      } else {
        out += Self.line(try ManifestEntry(json, root: root, line: index + 1)).compact + [10]
      }
    }
    guard let header else { throw RequestError("the file is empty") }
    return (.manifest(header.name, out), "\(header.name).jsonl")
  }

  private static func line(_ entry: ManifestEntry) -> JSON {
    guard case .object(var object) = entry.file.json else { return .null }
    if let meta = entry.meta { object["meta"] = .object(meta) }
    return .object(object)
  }

  /// Returns the files that a pattern names, as a shell would list them. The name of a file that is
  /// there is no pattern, even with brackets in it: a shell may have expanded it already.
  private static func expand(_ pattern: String) throws -> [String] {
    let path = WorkingDirectory.absolute(pattern)
    if let found = try? PosixFileSystem().attributes(of: path) {
      guard found.kind != .directory else {
        throw Failure(
          .usage, "--input: \(pattern) is a directory: give its files, as '\(pattern)/*'")
      }
      return [path]
    }
    let paths = FileWalk.isPattern(pattern) ? try FileWalk(pattern).list() : try glob(pattern, 0)
    guard !paths.isEmpty else { throw Failure(.missing, "--input: \(pattern) names no file") }
    return paths
  }

  /// Returns the paths, absolute, that a pattern names, as a shell would list them.
  static func glob(_ pattern: String, _ flags: Int32) throws -> [String] {
    var result = glob_t()
    defer { globfree(&result) }
    guard Glibc.glob(pattern, flags, nil, &result) == 0 else { return [] }
    var paths: [String] = []
    for index in 0..<Int(result.gl_pathc) {
      guard let name = result.gl_pathv[index] else { continue }
      guard let text = String(validatingCString: name) else {
        throw Failure(
          .usage, "--input: the name \"\(String(escaping: name))\" is not UTF-8: rename the file")
      }
      paths.append(WorkingDirectory.absolute(text))
    }
    return paths
  }

  /// The bytes that go into `incoming/`.
  var contents: [UInt8] {
    switch content {
    case .task(let spec): JSON.object(spec.source).pretty
    case .chain(let spec): JSON.object(spec.source).pretty
    case .manifest(_, let bytes): bytes
    case .order(let order): JSON.object(order.json).pretty
    case .delete(let order): JSON.object(order.json).pretty
    }
  }

  /// Drops the request: writes it under a hidden name, then renames it, so that the watcher sees it
  /// whole. Returns its name in `incoming/`, which no other request has: by it this one's answer is told
  /// from those to others of the same task's name.
  func drop(into spool: Spool) throws(FileError) -> String {
    let name = RequestName.unique(fileName, at: SystemTime().timestamp, by: getpid())
    try spool.drop(contents, as: name, by: "\(getpid())")
    return name
  }
}
