internal import SpoolModel
internal import SpoolStore

/// What could not be done for jobs since the filesystem refused it, thing by thing: it is tried again,
/// and holds no other up, but not for ever (R10).
struct Refusals<Thing: Hashable> {
  /// Since when each was refused, monotonic milliseconds.
  private var since: [Thing: Int] = [:]

  /// It was refused once more. Whether it is to be given up now.
  mutating func note(
    _ thing: Thing, of job: JobID, _ error: FileError, _ books: Books
  ) -> Bool {
    let begun = since[thing] ?? books.time.now
    since[thing] = begun
    books.troubles.note(error, job.description)
    let patience = max(books.spool.config.deadAfter.milliseconds, error.patience)
    guard error.isLasting || books.time.now - begun >= patience else { return false }
    since[thing] = nil
    return true
  }

  /// It was done.
  mutating func forget(_ thing: Thing) { since[thing] = nil }
}
