internal import SpoolModel
internal import SpoolStore

/// The logs of tasks, `logs/TASK/PILOT.log`, each of which one pilot alone writes.
///
/// In: what a payload printed. Out: the place of that text in the log, for the result. The memory
/// for the ends of logs is bounded (R10).
struct TaskLogs {
  /// The end of one log.
  private struct End {
    /// The incarnation of the task's name that the log belongs to (R6).
    var incarnation: String
    var offset: Int
  }

  /// The number of logs whose ends are known.
  static let most = 1000

  private let spool: Spool
  private var ends: [Name: End] = [:]

  init(_ spool: Spool) { self.spool = spool }

  /// Appends text to the log of a job's task; returns its place, or nil for no text.
  mutating func append(
    _ text: [UInt8], of document: JobDocument, by pilot: PilotName
  ) throws(FileError) -> JobResult.LogExtent? {
    guard !text.isEmpty else { return nil }
    let task = document.job.task
    let offset = try findEnd(of: document, by: pilot)
    try spool.write(text, toLog: task, of: pilot, at: offset)
    ends[task] = End(incarnation: document.incarnation, offset: offset + text.count)
    return JobResult.LogExtent(
      file: spool.name(ofLog: task, of: pilot), offset: offset, length: text.count)
  }

  /// Forgets all ends: the pilot has another name, and with it other logs.
  mutating func forget() { ends = [:] }

  /// Finds the end of a log. It asks the filesystem about a log that it does not know, or knows by
  /// another incarnation: the task's name may have been free meanwhile.
  private mutating func findEnd(
    of document: JobDocument, by pilot: PilotName
  ) throws(FileError) -> Int {
    let task = document.job.task
    if let known = ends[task], known.incarnation == document.incarnation { return known.offset }
    if ends.count >= Self.most { forget() }
    if let size = try spool.attributes(ofLog: task, of: pilot)?.size { return size }
    try spool.ensureLogDirectory(of: task)
    return 0
  }
}
