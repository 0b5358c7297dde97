public import SpoolModel
public import SpoolStore

/// A request to read one file, or all of a directory, to its end.
public struct DigestRequest: Sendable, Equatable {
  /// What is to be read.
  public enum Kind: Sendable, Equatable {
    /// A regular file.
    case file
    /// A directory with all that is in it.
    case tree
    /// The files that the pattern of an output takes. The source is the directory in which they are, the
    /// path that of a directory for the copies.
    case pattern(JobOutput)
  }

  /// The path, absolute.
  public var path: String
  /// What stands at the path, or is to stand there.
  public var kind: Kind
  /// The path on this host from which it is copied to its own path first; nil: it is there.
  public var source: String?
  /// The file is to be made durable (`fsync`) as well.
  public var durable: Bool
  /// The checksum is wanted, not the size alone.
  public var checksum: Bool
  /// The file is to be read from the disk, as far as that can be had, not from this host's memory:
  /// an earlier sync of it failed, and the kernel may have dropped what it could not write.
  public var fromDisk: Bool

  /// Makes a request.
  public init(
    path: String, durable: Bool, checksum: Bool, fromDisk: Bool = false, kind: Kind = .file,
    source: String? = nil
  ) {
    self.path = path
    self.kind = kind
    self.source = source
    self.durable = durable
    self.checksum = checksum
    self.fromDisk = fromDisk
  }
}

/// A file that a pattern took.
public struct TakenFile: Sendable, Equatable {
  /// The final path that it is to have.
  public var path: String
  /// The size in bytes.
  public var size: Int
  /// The checksum, 8 hexadecimal digits.
  public var adler32: String

  /// Makes a file.
  public init(path: String, size: Int, adler32: String) {
    self.path = path
    self.size = size
    self.adler32 = adler32
  }
}

/// The answer to a ``DigestRequest``.
public struct FileDigest: Sendable, Equatable {
  /// The outcome of reading a file.
  public enum Answer: Sendable, Equatable {
    /// The size in bytes and, if asked for, the adler32 as 8 hexadecimal digits.
    case read(size: Int, adler32: String?)
    /// A directory was read: the sum of the sizes, the checksum of its manifest if asked for, and the
    /// number of files.
    case tree(size: Int, adler32: String?, files: Int)
    /// It was read, with this size and checksum, and could not be synced. What is on the disk is
    /// unknown.
    case unsynced(size: Int, adler32: String?, FileError)
    /// The files that a pattern took, in the order of their names.
    case taken([TakenFile])
    /// Nothing is there, or the source is not there, or a directory that is empty.
    case missing
    /// It holds what may not be, in words that follow on its path.
    case bad(String)
    /// It is a link, a directory, or something else that is never read.
    case notAFile
    /// It could not be read.
    case failed(FileError)
  }
  /// The path of the request.
  public var path: String
  /// The outcome of reading the file.
  public var answer: Answer

  /// Makes an answer.
  public init(path: String, answer: Answer) {
    self.path = path
    self.answer = answer
  }
}

/// A reader, and copier, of the payloads' files: the seam between the pilot's state machine and that
/// work.
///
/// In: requests. Out: sizes and checksums of files that are synced (R3). The files may be gigabytes,
/// so they are read off the pilot's own thread, whose heart goes on beating.
public protocol FileDigester: AnyObject {
  /// Begins the work for the pilot's job `id`.
  func start(_ id: Int, _ files: [DigestRequest])
  /// Begins to copy a file for the pilot's job `id`. Its answer is that to one request.
  func copy(_ id: Int, _ copy: FileCopy)
  /// Gives up the work for a job: no answer comes.
  func cancel(_ id: Int)
  /// Returns what was finished since the last call, the answers in the order of the requests.
  func poll() -> [(id: Int, digests: [FileDigest])]
}
