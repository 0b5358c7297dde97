/// The name of a file in an inbox or among the registered: the job's, the pilot, and in `failed/`
/// the cause: `p5.…w600@node07-3fa91c22.exit2.json`.
public struct InboxName: Hashable, Sendable {
  /// The name of the job's file, before it ended.
  public var jobName: JobName
  /// The pilot; nil for a file that the watcher itself took out of ready.
  public var pilot: PilotName?
  /// The cause of the failure; nil in `done/`.
  public var cause: Cause?
  /// The lane of the inbox in which the file lies; nil for the inbox itself. It is no part of the name.
  public var lane: Lane?

  /// Makes the name of a file in an inbox.
  public init(jobName: JobName, pilot: PilotName?, cause: Cause?, lane: Lane? = nil) {
    self.jobName = jobName
    self.pilot = pilot
    self.cause = cause
    self.lane = lane
  }

  /// The job.
  public var job: JobID { jobName.job }
  /// The number of the attempt.
  public var attempt: Int { jobName.attempt }

  /// The name of the file.
  public var fileName: String {
    "\(jobName.stem)@\(pilot?.text ?? "")\(cause.map { ".\($0)" } ?? "").json"
  }

  /// Reads the name of a file in `failed/`, or in `done/`; nil if it is none of a job.
  public init?(fileName: String, failed: Bool) {
    guard fileName.hasSuffix(".json"), let at = fileName.lastIndex(of: "@"),
      let jobName = JobName(stem: fileName[..<at])
    else { return nil }
    var rest = fileName[fileName.index(after: at)...].dropLast(5)
    var cause: Cause?
    if failed {
      guard let dot = rest.lastIndex(of: "."),
        let parsed = Cause(String(rest[rest.index(after: dot)...]))
      else { return nil }
      cause = parsed
      rest = rest[..<dot]
    }
    let pilot = PilotName(rest)
    guard pilot != nil || rest.isEmpty else { return nil }
    self.init(jobName: jobName, pilot: pilot, cause: cause)
  }
}
