internal import Glibc

/// A directory for one test under `$TMPDIR` or `/tmp`, removed with all that is in it when this
/// object goes. Hold on to it (``with(_:)`` does): its path alone does not keep it.
public final class TemporaryDirectory: Sendable {
  /// Absolute.
  public let path: String

  /// Fails with the text of what the system said.
  public init() throws {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/spool-test-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    guard let made else { throw Failure(description: "cannot make a directory in \(parent)") }
    path = made
  }

  deinit {
    removeTree(Array(path.utf8CString))
  }

  /// Runs `body` with a directory of its own.
  public static func with<Result>(_ body: (String) throws -> Result) throws -> Result {
    let directory = try TemporaryDirectory()
    return try withExtendedLifetime(directory) { try body(directory.path) }
  }

  /// Runs `body` with a directory of its own.
  public static func with<Result>(
    isolation: isolated (any Actor)? = #isolation, _ body: (String) async throws -> Result
  ) async throws -> Result {
    let directory = try TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    return try await body(directory.path)
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }
}

/// Removes what stands at a path, going into directories but through no link. Names are taken as the
/// bytes they are, for there are tests with names that are not UTF-8.
private func removeTree(_ path: [CChar]) {
  guard unlink(path) != 0, let stream = opendir(path) else { return }
  while let entry = readdir(stream) {
    let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19
    let name = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
    let bytes = UnsafeBufferPointer(start: name, count: strlen(name))
    let dot = CChar(UInt8(ascii: "."))
    if bytes.elementsEqual([dot]) || bytes.elementsEqual([dot, dot]) { continue }
    removeTree(path.dropLast() + [CChar(UInt8(ascii: "/"))] + bytes + [0])
  }
  closedir(stream)
  rmdir(path)
}
