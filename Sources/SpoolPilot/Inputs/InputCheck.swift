internal import SpoolModel
internal import SpoolStore

/// The check of a job's inputs before its payload starts: sizes at once, checksums by the digester.
struct InputCheck: Sendable {
  private let spool: Spool

  init(_ spool: Spool) { self.spool = spool }

  /// Looks at each input. Returns what is wrong with the first that is not as the job says, or nil;
  /// fails where the filesystem does not tell.
  func findProblem(in document: JobDocument) throws(FileError) -> String? {
    for input in document.inputs {
      if let problem = try findProblem(with: input) { return problem }
    }
    return nil
  }

  /// Looks at one input, as ``findProblem(in:)``.
  func findProblem(with input: InputFile) throws(FileError) -> String? {
    guard let attributes = try spool.attributes(ofData: input.path) else {
      return "the input \(input.path) is not there"
    }
    switch attributes.kind {
    case .directory where input.files != nil: return nil
    case .file where input.files != nil: return "the input \(input.path) is no directory"
    case .file:
      guard let size = input.size, size != attributes.size else { return nil }
      return "the input \(input.path) has \(attributes.size) bytes, not \(size)"
    // The payload follows it; what it leads to is the author's.
    case .link: return nil
    case .directory, .other: return "the input \(input.path) is no file"
    }
  }

  /// Returns what the digester is asked to read: the inputs whose checksums are to be verified, and
  /// directories, whose files are counted.
  static func requests(for document: JobDocument) -> [DigestRequest] {
    document.inputs.compactMap { request(for: $0, sums: document.verifiesChecksum) }
  }

  /// Returns what the digester is asked to read of an input; nil for nothing.
  static func request(for input: InputFile, sums: Bool) -> DigestRequest? {
    let sums = sums && input.adler32 != nil
    guard sums || input.files != nil else { return nil }
    return DigestRequest(
      path: input.path, durable: false, checksum: sums, kind: input.files == nil ? .file : .tree)
  }

  /// Compares the digests of these inputs with what the job says. Returns what is wrong, or nil;
  /// fails where one could not be read.
  static func problem(
    in document: JobDocument, _ digests: [FileDigest]
  ) throws(FileError) -> String? {
    let asked = document.inputs.filter {
      request(for: $0, sums: document.verifiesChecksum) != nil
    }
    for (input, digest) in zip(asked, digests) {
      if let problem = try problem(with: input, digest.answer) { return problem }
    }
    return nil
  }

  /// Compares the digest of an input with what the job says, as ``problem(in:_:)``.
  static func problem(
    with input: InputFile, _ answer: FileDigest.Answer
  ) throws(FileError) -> String? {
    switch answer {
    case .read(_, let sum), .unsynced(_, let sum, _):
      guard sum != input.adler32 else { return nil }
      return "the input \(input.path) has the checksum \(sum ?? "?"), not \(input.adler32 ?? "?")"
    case .tree(let size, let sum, let files): return problem(with: input, size, sum, files)
    case .bad(let why): return "the input \(input.path) \(why)"
    case .missing, .taken: return "the input \(input.path) is not there"
    case .notAFile: return "the input \(input.path) is no file"
    case .failed(let error): throw error
    }
  }

  /// Compares a directory as it was found with what the job says.
  private static func problem(
    with input: InputFile, _ size: Int, _ sum: String?, _ files: Int
  ) -> String? {
    guard files == input.files, size == input.size ?? size else {
      return
        "the input \(input.path) has \(files) files, \(size) bytes, not \(input.files ?? 0) files, "
        + "\(input.size ?? 0) bytes"
    }
    guard let sum, sum != input.adler32 else { return nil }
    return "the input \(input.path) has the checksum \(sum), not \(input.adler32 ?? "?")"
  }
}
