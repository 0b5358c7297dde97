/// A file to be read to its end.
public struct DigestRequest: Sendable, Equatable {
  public var path: String
  /// Whether it is to be made durable (`fsync`) as well.
  public var durable: Bool
  /// Whether the checksum is wanted, or the size alone.
  public var checksum: Bool

  public init(path: String, durable: Bool, checksum: Bool) {
    self.path = path
    self.durable = durable
    self.checksum = checksum
  }
}

/// What a file held.
public struct FileDigest: Sendable, Equatable {
  public enum Answer: Sendable, Equatable {
    /// Bytes and, if asked for, adler32 as 8 hexadecimal digits.
    case read(size: Int, adler32: String?)
    /// Nothing is there.
    case missing
    /// It could not be read or synced; the text says what the system answered.
    case failed(String)
  }
  public var path: String
  public var answer: Answer

  public init(path: String, answer: Answer) {
    self.path = path
    self.answer = answer
  }
}

/// Reads and syncs the payloads' files, which may be gigabytes: off the pilot's own thread, so its
/// heart goes on beating. The seam between the pilot's state machine and that work.
public protocol FileDigester: AnyObject {
  /// Begins the work for the pilot's number `id`.
  func start(_ id: Int, _ files: [DigestRequest])
  /// What was finished since the last call, answers in the order of the requests.
  func poll() -> [(id: Int, digests: [FileDigest])]
}
