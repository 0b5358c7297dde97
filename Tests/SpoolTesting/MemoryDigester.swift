internal import Glibc
internal import SpoolModel
public import SpoolPilot
public import SpoolStore

/// Sums files of a ``MemoryFileSystem`` at once, without being counted. It fails where that is told to
/// refuse, and where `answer` says something else.
public final class MemoryDigester: FileDigester {
  private let files: MemoryFileSystem
  private let answer: (DigestRequest) -> FileDigest.Answer?
  /// Jobs whose work was given up.
  public private(set) var cancelled: [Int] = []
  /// Jobs whose answers do not come, as from a server that hangs; nil: all come.
  public var isHanging: (() -> Bool)?
  private var finished: [(id: Int, digests: [FileDigest])] = []

  public init(
    _ files: MemoryFileSystem,
    answer: @escaping (DigestRequest) -> FileDigest.Answer? = { _ in nil }
  ) {
    self.files = files
    self.answer = answer
  }

  public var isIdle: Bool { finished.isEmpty || isHanging?() ?? false }

  public func start(_ id: Int, _ requests: [DigestRequest]) {
    finished.append((id, requests.map(digest)))
  }

  /// Copies at once, its calls those of the party that asks.
  public func copy(_ id: Int, _ copy: FileCopy) {
    let copying = FileCopying(copy)
    var answer: FileDigest.Answer?
    while answer == nil { answer = copying.step() }
    finished.append((id, [FileDigest(path: copy.source, answer: answer ?? .missing)]))
  }

  public func cancel(_ id: Int) {
    finished.removeAll { $0.id == id }
    cancelled.append(id)
  }

  public func poll() -> [(id: Int, digests: [FileDigest])] {
    if isHanging?() ?? false { return [] }
    defer { finished = [] }
    return finished
  }

  func digest(_ request: DigestRequest) -> FileDigest {
    FileDigest(path: request.path, answer: answer(request) ?? read(request))
  }

  private func read(_ request: DigestRequest) -> FileDigest.Answer {
    if let code = files.refusal(of: request.path) {
      return code == ENOENT ? .missing : .failed(FileError("open", request.path, code))
    }
    guard let bytes = files.peek(request.path) else { return .missing }
    let sum = request.checksum ? Self.adler32(bytes) : nil
    return .read(size: bytes.count, adler32: sum)
  }

  public static func adler32(_ bytes: [UInt8]) -> String {
    var sum = Adler32()
    bytes.withUnsafeBytes { sum.update($0) }
    return sum.hex
  }
}
