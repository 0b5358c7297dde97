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
    case .file:
      guard let size = input.size, size != attributes.size else { return nil }
      return "the input \(input.path) has \(attributes.size) bytes, not \(size)"
    // The payload follows it; what it leads to is the author's.
    case .link: return nil
    case .directory, .other: return "the input \(input.path) is no file"
    }
  }

  /// Returns what the digester is asked to read: the inputs whose checksums are to be verified.
  static func requests(for document: JobDocument) -> [DigestRequest] {
    guard document.verifiesChecksum else { return [] }
    return summed(document).map { DigestRequest(path: $0.path, durable: false, checksum: true) }
  }

  /// Compares the digests of these inputs with what the job says. Returns what is wrong, or nil;
  /// fails where one could not be read.
  static func problem(
    in document: JobDocument, _ digests: [FileDigest]
  ) throws(FileError) -> String? {
    for (input, digest) in zip(summed(document), digests) {
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
    case .missing: return "the input \(input.path) is not there"
    case .notAFile: return "the input \(input.path) is no file"
    case .failed(let error): throw error
    }
  }

  private static func summed(_ document: JobDocument) -> [InputFile] {
    document.inputs.filter { $0.adler32 != nil }
  }
}
