internal import SpoolModel
internal import SpoolStore

/// The parts that payloads write beside the final paths of their outputs. They are the pilot's to
/// remove until it begins to write the result; from then on they are the watcher's alone (R3).
struct OutputParts {
  private let spool: Spool
  /// Directories that were there, or made, earlier.
  private var known: Set<String> = []

  init(_ spool: Spool) { self.spool = spool }

  /// Makes the directories of a job's outputs.
  mutating func ensureDirectories(of document: JobDocument) throws(FileError) {
    for output in document.outputs {
      let directory = FilePath.directory(output.path)
      guard !known.contains(directory) else { continue }
      try spool.ensureOutputDirectory(directory)
      known.insert(directory)
    }
  }

  /// Forgets these directories: somebody may have removed them, so the next attempt makes them anew.
  mutating func forgetDirectories(of document: JobDocument) {
    for output in document.outputs { known.remove(FilePath.directory(output.path)) }
  }

  /// Removes the parts of a job that has no result, as far as the filesystem lets it.
  func remove(_ job: RunningJob) {
    for path in Self.paths(job) { try? spool.discardPart(path) }
  }

  /// Returns what the digester is asked to sync and sum.
  static func requests(for job: RunningJob) -> [DigestRequest] {
    paths(job).map { DigestRequest(path: $0, durable: true, checksum: true) }
  }

  /// Returns the staged outputs for the result. Fails where one is missing, or could not be read.
  static func staged(
    _ document: JobDocument, _ digests: [FileDigest]
  ) throws(JobFailure) -> [StagedOutput] {
    var outputs: [StagedOutput] = []
    for (number, (output, digest)) in zip(document.outputs, digests).enumerated() {
      switch digest.answer {
      case .read(let size, let sum):
        outputs.append(
          StagedOutput(
            number: number, path: output.path, part: String(FilePath.base(digest.path)),
            size: size, adler32: sum ?? ""))
      case .missing:
        if output.isOptional { continue }
        throw JobFailure(.output, "the payload ended well, but did not write \(output.path)")
      case .failed(let why): throw JobFailure(.staging, "\(digest.path): \(why)")
      }
    }
    return outputs
  }

  private static func paths(_ job: RunningJob) -> [String] {
    job.document.outputs.map { $0.part(attempt: job.document.attempt, pilot: job.pilot) }
  }
}
