public import SpoolModel

/// A claimed job: the file in the pilot's own directory. A value that cannot be copied, only
/// finished or given up: so nothing is handed in twice, and nothing is forgotten unnoticed.
public struct Claim: ~Copyable {
  public let name: JobName
  public let pilot: PilotName
  /// The job's file as it was read after the claim.
  public let contents: [UInt8]

  /// What became of a claim that was to be handed in.
  public enum Delivery: ~Copyable {
    case delivered
    /// The file is gone: the watcher took it. Whatever the payload made does not count.
    case taken
    /// The filesystem refused, now: the claim is still held, try again.
    case pending(Claim, FileError)
  }

  /// A result that this pilot wrote into the file before, without being able to hand it in.
  public var written: JobResult? {
    guard contents.firstIndex(of: 10) != contents.count - 1,
      let result = try? JobFile(contents).result, result.pilot == pilot
    else { return nil }
    return result
  }

  /// Hands in a result (R2): adds it in place, never creating the file, and renames it into
  /// `done/` or `failed/`. A result that the file holds already is the one that counts.
  public consuming func finish(_ result: JobResult, in spool: Spool) -> Delivery {
    let before = written
    let inbox = InboxName(job: name, pilot: pilot, cause: (before ?? result).cause)
    do throws(FileError) {
      if before == nil, let addition = JobFile.addition(of: result, to: contents) {
        try Self.write(addition, to: spool.layout.claim(pilot, name), in: spool)
      }
      return try spool.moveOwn(
        spool.layout.claim(pilot, name), to: spool.layout.inbox(inbox)) ? .delivered : .taken
    } catch {
      return error.isMissing ? .taken : .pending(self, error)
    }
  }

  private static func write(
    _ addition: (offset: Int, bytes: [UInt8]), to path: String, in spool: Spool
  ) throws(FileError) {
    let file = try spool.files.open(path, .update)
    do throws(FileError) {
      try file.write(addition.bytes, at: addition.offset)
    } catch {
      try? file.close()
      throw error
    }
    try file.close()
  }

  /// The watcher has taken the file: there is nothing to hand in.
  public consuming func forget() {}
}

/// `running/PILOT/`: what pilots claim.
extension Spool {
  /// Claims a job (R1). Nil where another was first, or it was withdrawn. On any error only the own
  /// destination decides.
  public func claim(
    _ name: JobName, from queue: Queue, for pilot: PilotName
  ) throws(FileError) -> Claim? {
    let source = layout.ready(queue, name)
    guard try moveOwn(source, to: layout.claim(pilot, name)) else { return nil }
    return try adopt(name, for: pilot)
  }

  /// Makes a claim of a file that lies in the pilot's directory already: one whose reply was lost.
  public func adopt(_ name: JobName, for pilot: PilotName) throws(FileError) -> Claim? {
    guard let contents = try files.readIfPresent(layout.claim(pilot, name), limit: Limits.jobFile)
    else { return nil }
    return Claim(name: name, pilot: pilot, contents: contents)
  }

  /// Renames to a destination that is the caller's alone. On an error it looks there: what is
  /// there has arrived, whatever the reply was. False where the source was gone.
  func moveOwn(_ source: String, to destination: String) throws(FileError) -> Bool {
    do throws(FileError) {
      try files.rename(source, to: destination)
      return true
    } catch {
      if files.isPresent(destination) { return true }
      guard error.isMissing else { throw error }
      return false
    }
  }

  /// Whether a claim is certainly not in its pilot's directory.
  public func isGone(_ name: JobName, from pilot: PilotName) throws(FileError) -> Bool {
    try files.attributesIfPresent(layout.claim(pilot, name)) == nil
  }

  /// The claims in a pilot's directory; nil where the directory is gone.
  public func claims(of pilot: PilotName) throws(FileError) -> [JobName]? {
    try directory(of: pilot)?.claims
  }

  /// Takes a claim from a pilot: because it is dead, or the job is to end (R5). False where it was
  /// not there any more.
  public func take(
    _ name: JobName, from pilot: PilotName, as cause: Cause
  ) throws(FileError) -> Bool {
    let inbox = InboxName(job: name, pilot: pilot, cause: cause)
    return try moveOwn(layout.claim(pilot, name), to: layout.inbox(inbox))
  }
}
