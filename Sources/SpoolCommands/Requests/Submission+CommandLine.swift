internal import Glibc
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// Requests of the command line: a file, or flags and a command.
extension Submission {
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
        try self.init(lines: bytes, root: root)
      } else {
        let json = changes.made(to: try variables.fill(Self.parse(bytes)))
        try self.init(json, root: root)
      }
    } catch {
      throw Failure(.usage, "\(path): \(error)")
    }
  }

  /// Makes a request for a task of the command line. Its command runs where the user is, unless
  /// `changes` say otherwise, so that it means what it would mean in the shell. One that leaves files
  /// under names of its own runs in a scratch directory, in which no other job does.
  init(_ flags: TaskFlags, command: [String], root: String, changes: TaskChanges) throws {
    var flags = flags
    // The shell's user is used to `..`; a request holds none.
    flags.changePaths { path in
      guard path.split(separator: "/").contains("..") else { return path }
      let (base, rest) = WorkingDirectory.split(path)
      return Template.escaped(base) + rest
    }
    var changes = changes
    if flags.take.isEmpty { changes.directory = changes.directory ?? Template.escaped(root) }
    let inputs = try flags.input.flatMap(Self.expand)
    let request = try flags.request(inputs, command: command)
    do throws(RequestError) {
      let json = changes.made(to: request)
      try self.init(json, root: root)
    } catch {
      throw Failure(.usage, "\(error)")
    }
    try checkSize()
  }

  private static func parse(_ bytes: [UInt8]) throws(RequestError) -> JSON {
    do throws(JSONError) {
      return try JSON.parse(bytes)
    } catch {
      throw RequestError(error)
    }
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
}
