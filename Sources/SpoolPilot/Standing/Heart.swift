internal import SpoolModel
internal import SpoolStore

/// The heart of a pilot: its record `pilot.json`, and when it is written next.
///
/// In: the pilot's standing and load. Out: a file whose counter grows at every beat, by which the
/// watcher knows that the pilot lives (R5).
final class Heart {
  /// The record as it is written next.
  private(set) var record: PilotRecord
  /// The moment of the next beat.
  private(set) var nextBeat: Instant
  /// True while the record has its place in the spool; false where the filesystem refused it.
  private(set) var isRegistered = false
  private let context: PilotContext

  init(_ context: PilotContext) {
    self.context = context
    let options = context.options
    record = PilotRecord(
      pilot: context.drawName(), host: options.host, version: options.version,
      process: options.process, queues: options.queues, tags: options.tags, cpus: options.cpus,
      memory: options.memory, gpus: options.gpus.count, started: context.time.timestamp)
    record.ends = options.lifetime.map { context.time.timestamp + $0 }
    record.label = options.label
    nextBeat = context.now
  }

  /// The pilot's present name.
  var name: PilotName { record.pilot }

  // MARK: The record

  /// Takes another name, under which the pilot begins anew.
  func rename() {
    record.pilot = context.drawName()
    record.counter = 0
  }

  /// Takes in the pilot's standing.
  func update(_ standing: Standing) {
    record.state = standing.state
    record.reason = standing.quarantine
  }

  /// Takes in the pilot's load. `trouble` is what the filesystem refuses, in words.
  func update(_ table: JobTable, trouble: String?) {
    record.freeCpus = table.capacity.cpus
    record.freeMemory = min(record.memory, table.capacity.memory << 20)
    record.freeGpus = table.capacity.gpus.count
    record.jobs = table.count
    record.staging = PilotRecord.bounded(table.stagedJobs)
    record.trouble = trouble.map { trouble in
      let waiting = "\(table.waitingResults) results and \(table.blockedJobs) jobs wait"
      let text = "\(waiting): \(trouble)"
      return text.utf8.count <= Self.longestTrouble ? text : waiting
    }
  }

  /// Bytes.
  private static let longestTrouble = 500

  // MARK: Beats

  /// Makes the pilot's directory, and counts the time to the next beat from then on.
  func register() throws(FileError) {
    try registerAnew()
    scheduleNext()
  }

  /// Makes a directory under a new name; the next beat stays due when it was.
  func registerAnew() throws(FileError) {
    isRegistered = false
    try context.spool.register(record)
    isRegistered = true
  }

  /// Makes the record anew in a directory from which it was removed.
  func restore() throws(FileError) { try context.spool.makeHeartbeat(record) }

  /// Lets the next beat be due after one interval of `spool.json`, or after `longest`.
  func scheduleNext(atMost longest: Duration = .seconds(86_400)) {
    nextBeat = context.now + min(longest, context.spool.config.heartbeat)
  }

  /// Lets the next beat be due at once, or not later than after a while: there is news.
  func beatSoon(within wait: Duration = .zero) { nextBeat = min(nextBeat, context.now + wait) }

  /// Counts one beat.
  func count() { record.counter += 1 }

  /// Writes the record; `isMissing` where the watcher has given the pilot up (R5).
  func write() throws(FileError) { try context.spool.beat(record) }
}
