internal import SpoolModel
internal import SpoolStore

/// The claims that wait for room, in the order in which they came: jobs of tasks whose jobs are short,
/// so that no core is idle while the next claim goes to the server and back. They have no share of the
/// pilot yet.
struct Stock {
  /// The time after which a claim that has not begun is given back: another pilot may have room.
  static let patience = Duration.seconds(1)

  private final class Entry {
    let name: JobName
    let since: Instant
    var claim: Claim?

    init(_ claim: consuming Claim, at now: Instant) {
      name = claim.name
      since = now
      self.claim = consume claim
    }
  }

  private var entries: [Entry] = []

  /// The number of claims.
  var count: Int { entries.count }
  /// True if there is no claim.
  var isEmpty: Bool { entries.isEmpty }
  /// The names of the claims.
  var names: [JobName] { entries.map(\.name) }
  /// The moment at which a claim is to be given back, if nothing happens before.
  var nextDue: Instant { entries.first.map { $0.since + Self.patience } ?? .distantFuture }

  /// Returns the number of claims of a task.
  func count(of task: Name) -> Int { entries.count { $0.name.job.task == task } }

  /// Returns true if the claim of this name is here.
  func holds(_ name: JobName) -> Bool { entries.contains { $0.name == name } }

  /// Puts a claim last.
  mutating func add(_ claim: consuming Claim, at now: Instant) {
    entries.append(Entry(claim, at: now))
  }

  /// Takes out the first claim that may run; nil if there is none.
  mutating func take(_ mayRun: (JobName) -> Bool) -> Claim? {
    guard let index = entries.firstIndex(where: { mayRun($0.name) }) else { return nil }
    return entries.remove(at: index).claim.take()
  }

  /// Takes out the first claim if it has waited for too long, or if `all` are wanted; else nil.
  mutating func takeOverdue(at now: Instant, all: Bool) -> Claim? {
    guard let first = entries.first, all || now - first.since >= Self.patience else { return nil }
    return entries.removeFirst().claim.take()
  }

  /// Drops a claim that the watcher took.
  mutating func drop(_ name: JobName) {
    guard let index = entries.firstIndex(where: { $0.name == name }) else { return }
    entries.remove(at: index).claim.take()?.forget()
  }

  /// Drops all claims: the watcher gave the pilot up.
  mutating func dropAll() {
    for name in names { drop(name) }
  }
}
