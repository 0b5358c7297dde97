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

  /// Looks for what stands at the final path of an output that replaces nothing. Returns what is wrong,
  /// or nil. The watcher looks again before it publishes: this look spares a run for nothing.
  func findObstacle(to document: JobDocument) throws(FileError) -> String? {
    for output in document.outputs {
      if let path = try spool.obstacle(to: output) { return Spool.words(existing: path) }
    }
    return nil
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
    paths(job).map { path in
      DigestRequest(
        path: path, durable: true, checksum: true, fromDisk: job.unsynced[path] != nil)
    }
  }

  /// The size and the checksum of a part as they were read.
  struct Content: Equatable {
    var size: Int
    var adler32: String?
  }

  /// The outcome of staging a job's outputs.
  enum Staging: Equatable {
    /// All are there, synced and summed.
    case done([StagedOutput])
    /// This one is not there, though its directory is, and the job needs it, or it may be hidden.
    case missing(String)
    /// The filesystem, or this host, refuses one now.
    case refused(FileError)
    /// One will never be what the result needs.
    case failed(JobFailure)
  }

  /// Judges the digests of a job's parts. Notes in `unsynced` which of them could not be synced: they
  /// count later only if the disk gives back what was read now. A filesystem that is out of order may
  /// hide a part; then even an optional output is missing.
  func stage(
    _ document: JobDocument, _ digests: [FileDigest], _ unsynced: inout [String: Content],
    isOutOfOrder: Bool = false
  ) -> Staging {
    var outputs: [StagedOutput] = []
    var missing: String?
    var refused: FileError?
    for (number, (output, digest)) in zip(document.outputs, digests).enumerated() {
      switch digest.answer {
      case .read(let size, let sum):
        let known = unsynced[digest.path]
        guard known ?? Content(size: size, adler32: sum) == Content(size: size, adler32: sum)
        else {
          return .failed(
            JobFailure(
              .staging, "\(digest.path): the disk does not hold what the payload wrote"))
        }
        outputs.append(
          StagedOutput(
            number: number, path: output.path, part: String(FilePath.base(digest.path)),
            size: size, adler32: sum ?? ""))
      case .unsynced(let size, let sum, let error):
        unsynced[digest.path] = unsynced[digest.path] ?? Content(size: size, adler32: sum)
        refused = refused ?? error
      case .missing:
        if let error = obstacle(to: digest.path) {
          refused = refused ?? error
        } else if !output.isOptional || isOutOfOrder {
          missing = missing ?? output.path
        }
      case .notAFile:
        return .failed(
          JobFailure(
            .output,
            "the output \(output.path) is no regular file: the payload made something else of it"))
      case .failed(let error): refused = refused ?? error
      }
    }
    if let refused { return .refused(refused) }
    return missing.map { .missing($0) } ?? .done(outputs)
  }

  /// Returns why a part that is not there may be there all the same; nil where its directory is there
  /// to show it.
  private func obstacle(to part: String) -> FileError? {
    do throws(FileError) {
      if try spool.attributes(ofData: FilePath.directory(part)) != nil { return nil }
      return FileError("open", part, .missing)
    } catch {
      return error
    }
  }

  private static func paths(_ job: RunningJob) -> [String] {
    job.document.outputs.map { $0.part(attempt: job.document.attempt, pilot: job.pilot) }
  }
}
