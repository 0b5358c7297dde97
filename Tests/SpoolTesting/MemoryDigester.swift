internal import Glibc
internal import SpoolModel
public import SpoolPilot
internal import SpoolStore

/// Sums files of a ``MemoryFileSystem`` at once, without being counted. It fails where that is told to
/// refuse, and where `answer` says something else.
public final class MemoryDigester: FileDigester {
  private let files: MemoryFileSystem
  private let answer: (DigestRequest) -> FileDigest.Answer?
  private var finished: [(id: Int, digests: [FileDigest])] = []

  public init(
    _ files: MemoryFileSystem,
    answer: @escaping (DigestRequest) -> FileDigest.Answer? = { _ in nil }
  ) {
    self.files = files
    self.answer = answer
  }

  public var isIdle: Bool { finished.isEmpty }

  public func start(_ id: Int, _ requests: [DigestRequest]) {
    finished.append((id, requests.map(digest)))
  }

  public func poll() -> [(id: Int, digests: [FileDigest])] {
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
