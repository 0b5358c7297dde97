internal import Glibc
internal import SpoolModel
public import SpoolPilot
public import SpoolStore

/// Sums and copies files of a ``MemoryFileSystem`` at once. What is done with names is the real thing,
/// and counted; the contents of files are read without that. It fails where the filesystem is told to
/// refuse, and where `answer` says something else.
public final class MemoryDigester: FileDigester {
  private let steps: DigestSteps
  private let answer: (DigestRequest) -> FileDigest.Answer?
  /// Jobs whose work was given up.
  public private(set) var cancelled: [Int] = []
  /// Jobs whose answers do not come, as from a server that hangs; nil: all come.
  public var isHanging: (() -> Bool)?
  private var finished: [(id: Int, digests: [FileDigest])] = []

  /// Makes a digester of files that are shared, and of those on a pilot's local disk.
  public init(
    _ files: MemoryFileSystem, local: MemoryFileSystem = MemoryFileSystem(),
    answer: @escaping (DigestRequest) -> FileDigest.Answer? = { _ in nil }
  ) {
    steps = DigestSteps(files: files, local: local) { MemoryReading($0, files, local) }
    self.answer = answer
  }

  public var isIdle: Bool { finished.isEmpty || isHanging?() ?? false }

  public func start(_ id: Int, _ requests: [DigestRequest]) {
    finished.append((id, requests.map(digest)))
  }

  /// Copies at once, its calls those of the party that asks.
  public func copy(_ id: Int, _ copy: FileCopy) {
    finished.append((id, [FileDigest(path: copy.source, answer: Self.finish(FileCopying(copy)))]))
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
    Self.finish(steps.begin(request))
  }

  private static func finish(_ work: any DigestStep) -> FileDigest.Answer {
    while true {
      if let answer = work.step(UnsafeMutableRawBufferPointer(start: nil, count: 0)) {
        return answer
      }
    }
  }

  public static func adler32(_ bytes: [UInt8]) -> String {
    var sum = Adler32()
    bytes.withUnsafeBytes { sum.update($0) }
    return sum.hex
  }
}

/// The reading, or copying, of one file of a ``MemoryFileSystem``, in one piece.
private final class MemoryReading: DigestStep {
  private let request: DigestRequest
  private let files: MemoryFileSystem
  private let local: MemoryFileSystem

  init(_ request: DigestRequest, _ files: MemoryFileSystem, _ local: MemoryFileSystem) {
    self.request = request
    self.files = files
    self.local = local
  }

  func step(_ buffer: UnsafeMutableRawBufferPointer) -> FileDigest.Answer? {
    let (from, path) = request.source.map { (local, $0) } ?? (files, request.path)
    if let code = from.refusal(of: path) {
      return code == ENOENT ? .missing : .failed(FileError("open", path, code))
    }
    guard let bytes = from.peek(path) else { return .missing }
    if request.source != nil {
      guard from.attributesBehind(path)?.kind == .file else { return .notAFile }
      do throws(FileError) {
        try files.removeIfPresent(request.path)
        try files.create(request.path, bytes, durable: request.durable)
      } catch {
        return .failed(error)
      }
    }
    let sum = request.checksum ? MemoryDigester.adler32(bytes) : nil
    return .read(size: bytes.count, adler32: sum)
  }
}
