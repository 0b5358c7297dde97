/// A checkpoint that a pilot has kept for the next attempt of a job, in `checkpoints/TASK/`.
public struct KeptCheckpoint: Equatable, Sendable {
  /// The name of the file there: `00000017.a3@node07-3fa91c22`.
  public var file: String
  /// The size in bytes.
  public var size: Int
  /// The checksum, 8 hexadecimal digits.
  public var adler32: String

  /// Makes a kept checkpoint.
  public init(file: String, size: Int, adler32: String) {
    self.file = file
    self.size = size
    self.adler32 = adler32
  }

  /// Returns the name of the file that an attempt keeps on a pilot. No other attempt has it, so an
  /// older checkpoint never replaces a newer one.
  public static func name(_ job: JobID, attempt: Int, _ pilot: PilotName) -> String {
    "\(JobName.pad(job.index)).a\(attempt)@\(pilot)"
  }

  /// Returns the name under which the file is written until it is whole.
  public static func partName(_ name: String) -> String { "." + name }

  /// Returns true for the name of a kept checkpoint, or of one that is being written.
  public static func isName(_ text: String) -> Bool { attempt(of: text) != nil }

  /// Returns the job's index and the attempt by the name of a kept checkpoint, or of one that is being
  /// written; nil for any other name.
  public static func attempt(of text: String) -> (index: Int, attempt: Int)? {
    let name = text.hasPrefix(".") ? text.dropFirst() : text[...]
    guard let at = name.firstIndex(of: "@"), let dot = name[..<at].firstIndex(of: "."),
      name[dot..<at].hasPrefix(".a"), let index = JobName.index(name[..<dot]),
      let attempt = JobName.number(digits: name[dot..<at].dropFirst(2)),
      PilotName(name[name.index(after: at)...]) != nil
    else { return nil }
    return (index, attempt)
  }
}

extension KeptCheckpoint: JSONValue {
  private enum Key: String { case file, size, adler32 }

  /// The checkpoint as results, job files and the journal hold it.
  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.file] = file
    members[.size] = size
    members[.adler32] = adler32
    return members.json
  }

  /// Reads a checkpoint; nil if the JSON is not what a pilot writes.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let file: String = members[.file],
      Self.isName(file), !file.hasPrefix("."), let size: Int = members[.size],
      (0...CheckpointPolicy.largest).contains(size), let adler32: String = members[.adler32]
    else { return nil }
    self.init(file: file, size: size, adler32: adler32)
  }
}

/// The checkpoint of a job as its file names it: the task's policy, and what an earlier attempt kept.
public struct JobCheckpoint: Equatable, Sendable {
  /// The task's policy.
  public var policy: CheckpointPolicy
  /// The number of times that the job has gone on.
  public var resumed: Int
  /// The checkpoint to go on from; nil: the job begins.
  public var kept: KeptCheckpoint?

  /// Makes the checkpoint of a job.
  public init(policy: CheckpointPolicy, resumed: Int = 0, kept: KeptCheckpoint? = nil) {
    self.policy = policy
    self.resumed = resumed
    self.kept = kept
  }
}

extension JobCheckpoint: JSONValue {
  private enum Key: String { case file, exit, maxSize, resumed, kept }

  /// The checkpoint as a job's file holds it.
  public var json: JSON {
    let members: RecordMembers<Key> = [
      .file: policy.file.json, .exit: policy.exit.json, .maxSize: policy.maxSize.json,
      .resumed: resumed.json, .kept: kept?.json,
    ]
    return members.json
  }

  /// Reads the checkpoint of a job's file; nil if the JSON is not what a watcher writes.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let file: String = members[.file],
      !file.contains("/"), let exit: Int = members[.exit], (1...255).contains(exit),
      let maxSize: Int = members[.maxSize], let resumed: Int = members[.resumed], resumed >= 0
    else { return nil }
    var policy = CheckpointPolicy(file: file)
    policy.exit = exit
    policy.maxSize = maxSize
    self.init(policy: policy, resumed: resumed, kept: members[.kept])
    guard (json["kept"] == nil) == (kept == nil) else { return nil }
  }
}
