public import SpoolModel
public import SpoolStore

/// The jobs of a task that are in a directory now: those that wait in ready, and those that pilots
/// have claimed.
public struct JobPlaces {
  /// The jobs that wait, with the directory.
  public private(set) var ready: [(name: JobName, place: ReadyPlace)] = []
  /// The jobs that pilots have, with the pilot.
  public private(set) var running: [(name: JobName, pilot: PilotName)] = []

  /// The jobs that pilots say they are staging, with the time since when.
  public private(set) var staging: [JobID: Timestamp] = [:]

  /// Reads the directories of all pilots, then those of the queues.
  public init(_ spool: Spool, _ task: Name) throws(FileError) {
    for pilot in try spool.running(fresh: true).pilots.sorted() {
      for job in try spool.claims(of: pilot) ?? [] where job.job.task == task {
        running.append((job, pilot))
      }
      guard running.last?.pilot == pilot else { continue }
      for job in spool.heartbeat(of: pilot)?.staging ?? [] { staging[job.job] = job.since }
    }
    for queue in Queue.allCases {
      for (place, names) in try spool.readyListings(queue, fresh: true) {
        let jobs = names.compactMap { JobName(fileName: $0) }
        ready += jobs.filter { $0.job.task == task }.map { ($0, place) }
      }
    }
  }
}
