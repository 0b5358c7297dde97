internal import SpoolModel
internal import SpoolStore

/// The operations that the filesystem refused to do for jobs, each with the time of the first
/// refusal. Each is tried again without holding up any other, but not for ever (R10).
struct ErrorPatience<Thing: Hashable> {
  private var since: [Thing: Instant] = [:]

  /// Notes a refusal. Returns true if the caller is to give up: the error is lasting, or the time
  /// for which it is tolerated is over.
  mutating func note(
    _ thing: Thing, of job: JobID, _ error: FileError, _ config: SpoolConfig, _ turn: Turn
  ) -> Bool {
    let begun = since[thing] ?? turn.now
    since[thing] = begun
    turn.note(error, job.description)
    let patience = max(config.deadAfter, error.longestWait)
    guard error.isLasting || turn.now - begun >= patience else { return false }
    since[thing] = nil
    return true
  }

  /// Returns true if the last try was refused.
  func isRefused(_ thing: Thing) -> Bool { since[thing] != nil }

  /// Notes that an operation succeeded.
  mutating func noteSuccess(_ thing: Thing) { since[thing] = nil }
}
