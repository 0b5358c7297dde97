internal import SpoolModel
public import SpoolPilot

/// Sums files of a ``MemoryFileSystem`` at once, without being counted.
public final class MemoryDigester: FileDigester {
  private let files: MemoryFileSystem
  private var finished: [(id: Int, digests: [FileDigest])] = []

  public init(_ files: MemoryFileSystem) { self.files = files }

  public var isIdle: Bool { finished.isEmpty }

  public func start(_ id: Int, _ requests: [DigestRequest]) {
    finished.append((id, requests.map(digest)))
  }

  public func poll() -> [(id: Int, digests: [FileDigest])] {
    defer { finished = [] }
    return finished
  }

  private func digest(_ request: DigestRequest) -> FileDigest {
    guard let bytes = files.peek(request.path) else {
      return FileDigest(path: request.path, answer: .missing)
    }
    let sum = request.checksum ? Self.adler32(bytes) : nil
    return FileDigest(path: request.path, answer: .read(size: bytes.count, adler32: sum))
  }

  public static func adler32(_ bytes: [UInt8]) -> String {
    var sum = Adler32()
    bytes.withUnsafeBytes { sum.update($0) }
    return sum.hex
  }
}
