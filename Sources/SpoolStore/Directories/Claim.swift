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
  /// The lane in which the job lay, and in which its result is handed in; nil for none.
  let lane: Lane?
  /// The job's file as it was read after the claim.
  public let contents: [UInt8]
  /// True once the file was opened to add a result: from then on a result may count, and the parts
  /// that it names are the watcher's (R3).
  public private(set) var hasBegunResult = false

  init(name: JobName, pilot: PilotName, lane: Lane?, contents: [UInt8]) {
    self.name = name
    self.pilot = pilot
    self.lane = lane
    self.contents = contents
  }

  /// The fate of a claim that was to be handed in.
  public enum Delivery: ~Copyable {
    /// The file lies in `done/` or `failed/`.
    case delivered
    /// The file is not there: the watcher took it, or the filesystem shows less than there is. The
    /// claim is still held, until the caller knows which.
    case missing(Claim)
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
  /// `done/` or `failed/`. A result that the file holds already is the one that counts. One of a job
  /// from a lane goes to that lane of `done/`, if it is there.
  public consuming func finish(_ result: JobResult, in spool: Spool) -> Delivery {
    let before = written
    var inbox = InboxName(jobName: name, pilot: pilot, cause: (before ?? result).cause)
    do throws(FileError) {
      if before == nil, let addition = JobFile.addition(of: result, to: contents) {
        let file = try spool.files.open(spool.layout.claim(pilot, name), .update)
        hasBegunResult = true
        try Self.write(addition, to: file)
      }
      let own = spool.layout.claim(pilot, name)
      if let lane, inbox.cause == nil {
        inbox.lane = lane
        // Whatever keeps the file out of its lane, the inbox itself may take it.
        if (try? spool.moveOwn(own, to: spool.layout.inbox(inbox))) == true { return .delivered }
        inbox.lane = nil
      }
      let target = spool.layout.inbox(inbox)
      if try spool.moveOwn(own, to: target) { return .delivered }
      guard spool.files.isPresent(own) else { return .missing(self) }
      // It is the inbox that is not there.
      return .pending(self, FileError("rename", "\(own) to \(target)", .missing))
    } catch {
      return error.isMissing ? .missing(self) : .pending(self, error)
    }
  }

  private static func write(
    _ addition: (offset: Int, bytes: [UInt8]), to file: any OpenFile
  ) throws(FileError) {
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
  /// The outcome of a reach for a job.
  public enum Reach: ~Copyable {
    /// The job is the pilot's.
    case claimed(Claim)
    /// Another pilot was first, or the job was withdrawn.
    case missed
    /// The file is the pilot's, and cannot be read.
    case unreadable(FileError)

    /// True if the job is not the pilot's.
    public var isMissed: Bool {
      switch self {
      case .missed: true
      case .claimed: false
      case .unreadable: false
      }
    }
  }

  /// Claims a job (R1). A job that is gone costs one call: another pilot was first, or the rename was
  /// done and its reply lost, which the caller looks for where it has reason to. On any other error
  /// the pilot's own destination decides. Fails where the filesystem refuses the rename.
  public func claim(
    _ name: JobName, from place: ReadyPlace, for pilot: PilotName
  ) throws(FileError) -> Reach {
    let destination = layout.claim(pilot, name)
    do throws(FileError) {
      try files.rename(layout.ready(place, name), to: destination)
    } catch {
      if error.isMissing { return .missed }
      guard files.isPresent(destination) else { throw error }
    }
    return adopt(name, from: place.lane, for: pilot)
  }

  /// Makes a claim of a file that lies in the pilot's directory already, since the reply of its
  /// rename was lost.
  public func adopt(
    _ name: JobName, from lane: Lane? = nil, for pilot: PilotName
  ) -> Reach {
    do throws(FileError) {
      let path = layout.claim(pilot, name)
      guard let contents = try files.readIfPresent(path, limit: Limits.jobFile) else {
        return .missed
      }
      return .claimed(Claim(name: name, pilot: pilot, lane: lane, contents: contents))
    } catch {
      return .unreadable(error)
    }
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

  /// Takes a claim from a pilot that is dead, or whose job is to end (R5), or that cannot read it.
  /// The file is not opened. Returns false where the claim was not there any more.
  public func take(
    _ name: JobName, from pilot: PilotName, as cause: Cause
  ) throws(FileError) -> Bool {
    let inbox = InboxName(jobName: name, pilot: pilot, cause: cause)
    return try moveOwn(layout.claim(pilot, name), to: layout.inbox(inbox))
  }
}
