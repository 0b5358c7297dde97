internal import SpoolModel
internal import SpoolStore

/// Things that the filesystem refused to do for jobs, with the time since when. Each is tried again
/// and holds no other up, but not for ever (R10).
struct ErrorPatience<Thing: Hashable> {
  private var since: [Thing: Instant] = [:]

  /// Notes a refusal. Returns whether the thing is to be given up: the error is lasting, or the
  /// patience with it is over.
  mutating func note(
    _ thing: Thing, of job: JobID, _ error: FileError, _ config: SpoolConfig, _ turn: Turn
  ) -> Bool {
    let begun = since[thing] ?? turn.now
    since[thing] = begun
    turn.note(error, job.description)
    let patience = max(config.deadAfter, .milliseconds(error.patience))
    guard error.isLasting || turn.now - begun >= patience else { return false }
    since[thing] = nil
    return true
  }

  /// Notes that a thing was done.
  mutating func forget(_ thing: Thing) { since[thing] = nil }
}
