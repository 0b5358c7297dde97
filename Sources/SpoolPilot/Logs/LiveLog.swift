internal import SpoolModel
internal import SpoolStore

/// The log of a job that still runs, in the pilot's directory, where `spool logs` follows it.
struct LiveLog {
  /// The age from which on a job has one: most jobs have ended by then.
  static let after = Duration.seconds(2)
  /// The time between two copies.
  static let interval = Duration.seconds(1)
  /// The time to the next copy after one that the filesystem refused.
  static let longInterval = Duration.seconds(10)

  private let spool: Spool
  private let pilot: PilotName
  private let job: JobName
  private var next = Instant.distantPast
  /// Bytes of the two streams that were copied, and of the log.
  private var outputAt = 0
  private var errorAt = 0
  private var size = 0
  /// True once a copy was tried: the log may be there.
  private var hasBegun = false

  init(_ spool: Spool, _ pilot: PilotName, _ job: JobName) {
    self.spool = spool
    self.pilot = pilot
    self.job = job
  }

  /// Returns when the next copy of a job's output is due.
  static func next(_ job: RunningJob) -> Instant { job.liveLog?.next ?? job.begun + after }

  /// Copies what was printed since the last time, up to a megabyte of each stream, and lets the next
  /// copy be due later. What the filesystem refuses is lost: the task's log will have it.
  mutating func copy(_ slot: Slot, local: any FileSystem, at now: Instant) {
    do throws(FileError) {
      let output = Self.read(slot.output, &outputAt, local)
      try append(output + Self.read(slot.errorOutput, &errorAt, local))
      next = now + Self.interval
    } catch {
      next = now + Self.longInterval
    }
  }

  private mutating func append(_ bytes: [UInt8]) throws(FileError) {
    guard !bytes.isEmpty else { return }
    hasBegun = true
    try spool.write(bytes, toLiveLog: job, of: pilot, at: size)
    size += bytes.count
  }

  private static func read(_ path: String, _ at: inout Int, _ files: any FileSystem) -> [UInt8] {
    guard at < PayloadOutput.part, let file = try? files.open(path, .read) else { return [] }
    defer { try? file.close() }
    let bytes = (try? file.read(at: at, count: PayloadOutput.part - at)) ?? []
    at += bytes.count
    return bytes
  }

  /// Removes the log, if there may be one, as far as the filesystem lets it.
  func remove() {
    if hasBegun { try? spool.removeLiveLog(of: job, on: pilot) }
  }
}
