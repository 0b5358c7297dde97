public import SpoolModel

/// A claimed job: the file in the pilot's own directory.
///
/// The value cannot be copied, only finished or given up. So nothing is handed in twice, and
/// nothing is forgotten unnoticed.
public struct Claim: ~Copyable {
  /// The job, by the name of its file.
  public let name: JobName
  /// The pilot that holds the claim.
  public let pilot: PilotName
  /// The job's file as it was read after the claim.
  public let contents: [UInt8]

  /// The fate of a claim that was to be handed in.
  public enum Delivery: ~Copyable {
    /// The file lies in `done/` or `failed/`.
    case delivered
    /// The file is gone, since the watcher took it. The payload's work does not count.
    case taken
    /// The filesystem refused. The claim is still held, and the caller tries again.
    case pending(Claim, FileError)
  }

  /// The result that this pilot wrote into the file before, without being able to hand it in.
  public var written: JobResult? {
    guard contents.firstIndex(of: 10) != contents.count - 1,
      let result = try? JobFile(contents).result, result.pilot == pilot
    else { return nil }
    return result
  }

  /// Hands in a result (R2): adds it in place, never creating the file, and renames the file into
  /// `done/` or `failed/`. A result that the file holds already is the one that counts.
  public consuming func finish(_ result: JobResult, in spool: Spool) -> Delivery {
    let before = written
    let inbox = InboxName(jobName: name, pilot: pilot, cause: (before ?? result).cause)
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

  /// Gives up a claim whose file the watcher has taken: there is nothing to hand in.
  public consuming func forget() {}
}

/// `running/PILOT/`: the jobs that a pilot has claimed.
extension Spool {
  /// Claims a job (R1). Returns nil where another pilot was first, or the job was withdrawn. On any
  /// error only the pilot's own destination decides.
  public func claim(
    _ name: JobName, from queue: Queue, for pilot: PilotName
  ) throws(FileError) -> Claim? {
    let source = layout.ready(queue, name)
    guard try moveOwn(source, to: layout.claim(pilot, name)) else { return nil }
    return try adopt(name, for: pilot)
  }

  /// Makes a claim of a file that lies in the pilot's directory already, since the reply of its
  /// rename was lost. Returns nil where the file is gone.
  public func adopt(_ name: JobName, for pilot: PilotName) throws(FileError) -> Claim? {
    guard let contents = try files.readIfPresent(layout.claim(pilot, name), limit: Limits.jobFile)
    else { return nil }
    return Claim(name: name, pilot: pilot, contents: contents)
  }

  /// Renames to a destination that is the caller's alone. On an error it looks there: a file that
  /// is there has arrived, whatever the reply was. Returns false where the source was gone.
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

  /// Returns true where a claim is certainly not in its pilot's directory.
  public func isGone(_ name: JobName, from pilot: PilotName) throws(FileError) -> Bool {
    try files.attributesIfPresent(layout.claim(pilot, name)) == nil
  }

  /// Lists the claims in a pilot's directory; nil where the directory is gone.
  public func claims(of pilot: PilotName) throws(FileError) -> [JobName]? {
    try directory(of: pilot)?.claims
  }

  /// Takes a claim from a pilot that is dead, or whose job is to end (R5). Returns false where the
  /// claim was not there any more.
  public func take(
    _ name: JobName, from pilot: PilotName, as cause: Cause
  ) throws(FileError) -> Bool {
    let inbox = InboxName(jobName: name, pilot: pilot, cause: cause)
    return try moveOwn(layout.claim(pilot, name), to: layout.inbox(inbox))
  }
}
