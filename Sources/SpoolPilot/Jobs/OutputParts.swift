internal import SpoolModel
internal import SpoolStore

/// The parts that payloads write beside the final paths of their outputs, or that the pilot copies
/// there. They are the pilot's to remove until it begins to write the result; from then on they are the
/// watcher's alone (R3).
struct OutputParts {
  private let spool: Spool
  /// Directories that were there, or made, earlier.
  private var known: Set<String> = []

  init(_ spool: Spool) { self.spool = spool }

  /// Makes the directories of a job's outputs.
  mutating func ensureDirectories(of document: JobDocument) throws(FileError) {
    for output in document.outputs {
      let directory = output.directory
      guard !known.contains(directory) else { continue }
      try spool.ensureOutputDirectory(directory)
      known.insert(directory)
    }
  }

  /// Makes the directories that a job's payload is to fill: parts themselves.
  func makeDirectories(for job: RunningJob) throws(FileError) {
    for (output, part) in zip(job.document.outputs, Self.paths(job))
    where output.isDirectory && output.from == nil {
      try spool.ensureOutputDirectory(part)
    }
  }

  /// Looks for what stands at the final path of an output that replaces nothing. Returns what is wrong,
  /// or nil. The watcher looks again before it publishes: this look spares a run for nothing.
  func findObstacle(to document: JobDocument) throws(FileError) -> String? {
    for output in document.outputs where output.count == nil {
      if let path = try spool.obstacle(to: output) {
        return Spool.words(existing: path, overwrites: output.overwrites)
      }
    }
    return nil
  }

  /// Forgets these directories: somebody may have removed them, so the next attempt makes them anew.
  mutating func forgetDirectories(of document: JobDocument) {
    for output in document.outputs { known.remove(output.directory) }
  }

  /// Removes the parts of a job that has no result, as far as the filesystem lets it. What is left of a
  /// large directory the watcher removes.
  func remove(_ job: RunningJob) {
    for path in Self.paths(job) { _ = try? spool.discardPart(path) }
  }

  /// Returns what is wrong with the places from which outputs are taken, or nil: a link on the way leads
  /// out of the scratch, to what is not the payload's to give.
  static func findLink(_ job: RunningJob, _ local: any FileSystem) throws(FileError) -> String? {
    for from in job.document.outputs.compactMap(\.from) {
      var path = ""
      for component in ScratchPath.components(from).dropLast() {
        path += path.isEmpty ? "\(component)" : "/\(component)"
        guard try local.attributesIfPresent(job.slot.path(path))?.kind == .link else { continue }
        return "the output is taken from \(from), and \(path) is a link: the pilot takes nothing "
          + "from outside of the scratch"
      }
    }
    return nil
  }

  /// Returns what the digester is asked to sync and sum.
  static func requests(for job: RunningJob) -> [DigestRequest] {
    zip(job.document.outputs, paths(job)).map { output, path in
      var request = DigestRequest(
        path: path, durable: true, checksum: true, fromDisk: job.unsynced[path] != nil)
      request.source = output.from.map(job.slot.path)
      if output.isDirectory { request.kind = .tree }
      if output.count != nil {
        request.kind = .pattern(output)
        request.source = job.slot.work
      }
      return request
    }
  }

  /// The size and the checksum of a part as they were read.
  struct Content: Equatable {
    var size: Int
    var adler32: String?
    var files: Int?
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
      case .read, .tree:
        guard let content = Content(digest.answer),
          unsynced[digest.path].map(content.mayBe) ?? true
        else {
          return .failed(
            JobFailure(
              .staging, "\(digest.path): the disk does not hold what the payload wrote"))
        }
        outputs.append(
          StagedOutput(
            number: number, path: output.path, part: String(FilePath.base(digest.path)),
            size: content.size, adler32: content.adler32 ?? "", files: content.files))
      case .taken(let files):
        for file in files {
          let part = "\(FilePath.base(digest.path))/\(FilePath.base(file.path))"
          outputs.append(
            StagedOutput(
              number: number, path: file.path, part: part, size: file.size,
              adler32: file.adler32))
        }
      case .unsynced(let size, let sum, let error):
        unsynced[digest.path] = unsynced[digest.path] ?? Content(size: size, adler32: sum)
        refused = refused ?? error
      case .missing where output.from != nil:
        // The scratch is this host's own: there is nothing to wait for.
        if !output.isOptional { return .failed(Self.untaken(output)) }
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
            "the output \(output.from ?? output.path) is no regular file: the payload made something "
              + "else of it"))
      case .bad(let why):
        return .failed(JobFailure(.output, "the output \(output.from ?? output.path) \(why)"))
      case .failed(let error): refused = refused ?? error
      }
    }
    if let refused { return .refused(refused) }
    if let problem = Self.problem(outputs) { return .failed(JobFailure(.output, problem)) }
    return missing.map { .missing($0) } ?? .done(outputs)
  }

  /// Returns what is wrong with staged outputs together; nil if a result may have them.
  private static func problem(_ outputs: [StagedOutput]) -> String? {
    let bytes = outputs.reduce(0) { $0 + $1.path.utf8.count + $1.part.utf8.count }
    guard outputs.count <= Limits.stagedOutputs, bytes <= Limits.stagedNames else {
      return "the job has \(outputs.count) files for its outputs, and no more than "
        + "\(Limits.stagedOutputs), with \(Limits.stagedNames >> 20) MiB of names, may be: let it hand "
        + "over a directory (\"kind\": \"directory\")"
    }
    var paths: Set<String> = []
    return outputs.first { !paths.insert($0.path).inserted }.map { "two outputs are \($0.path)" }
  }

  /// Returns the failure of a payload that left nothing where the pilot was to take it.
  private static func untaken(_ output: JobOutput) -> JobFailure {
    let what = output.isDirectory ? "no directory, or an empty one," : "no file"
    return JobFailure(
      .output,
      "the payload ended well, but left \(what) \(output.from ?? "") in its scratch directory")
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
    let document = job.document
    return document.outputs.map {
      $0.part(of: document.job, attempt: document.attempt, pilot: job.pilot)
    }
  }
}

extension OutputParts.Content {
  /// The content that a digest found; nil for any other answer.
  fileprivate init?(_ answer: FileDigest.Answer) {
    switch answer {
    case .read(let size, let sum): self.init(size: size, adler32: sum)
    case .tree(let size, let sum, let files): self.init(size: size, adler32: sum, files: files)
    default: return nil
    }
  }

  /// Returns true if this may be what was read before a sync failed.
  fileprivate func mayBe(_ earlier: Self) -> Bool {
    size == earlier.size && adler32 == earlier.adler32
  }
}
