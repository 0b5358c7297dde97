internal import SpoolModel
internal import SpoolStore

/// What a pilot finds missing of its own, and since when.
///
/// That a name is not there (`ENOENT`) has two meanings. The watcher took it, and then the pilot has
/// to let go at once; or the filesystem shows less than there is, while a mount or a server is away,
/// and then payloads must run on. So nothing is believed gone
///
/// 1. before the spool was seen to be there, and be the same one: by this pilot's heartbeat in it,
///    or, where that is missing, by the spool's own marks;
/// 2. at one look, nor at looks over less than ``patience``.
final class Absences {
  /// The things of a pilot that somebody may take.
  enum Thing: Hashable {
    /// The pilot's directory.
    case directory
    /// The heartbeat, in a directory that is there.
    case heartbeat
    /// The order to leave.
    case drain
    /// The order to stand by.
    case quarantine
    /// The order to keep room.
    case reserve
    /// The file of a job that it has claimed.
    case claim(JobName)
  }

  /// The time over which a claim, or the pilot's place, must be missing at each look: a cancel is to
  /// take effect soon.
  static let patience = Duration.seconds(1)
  /// The same for an order, of which little depends.
  static let orderPatience = Duration.milliseconds(500)
  /// The time between two looks.
  static let interval = Duration.milliseconds(500)

  private let context: PilotContext
  /// The marks of the spool that the pilot works for.
  private var mark: SpoolMark?
  private var since: [Thing: Instant] = [:]
  /// The beginning of an outage: on both clocks, because a person is told when it was.
  private var away: (since: Instant, at: Timestamp)?
  /// The end of the last outage; nil where there was none.
  private(set) var lastBack: Instant?

  init(_ context: PilotContext) { self.context = context }

  /// True while the spool is not where it was.
  var isAway: Bool { away != nil }

  /// True while something is missing, or the spool is: the pilot looks more often, and claims
  /// nothing where its own directory is in doubt.
  var isDoubting: Bool { isAway || !since.isEmpty }

  /// True while the pilot's own directory, or its heartbeat, is missing.
  var doubtsStanding: Bool { isAway || since[.directory] != nil || since[.heartbeat] != nil }

  /// The time after which another spool has taken the place of this one. It is long: nothing waits
  /// for that, and payloads may die of it.
  private var otherPatience: Duration { max(.seconds(60), context.spool.config.deadAfter * 2) }

  // MARK: Looks

  /// Looks whether the spool is there, and tells the operator when it goes and when it is back.
  func look(for pilot: PilotName) -> SpoolLook {
    let isOver = away.map { context.now - $0.since >= otherPatience } ?? false
    let look = context.spool.look(for: pilot, known: isOver ? nil : mark)
    switch look {
    case .away: noteAway()
    case .withoutPilot(let found), .withoutHeartbeat(let found), .whole(let found):
      mark = found
      noteBack()
    }
    return look
  }

  /// Takes the marks of the spool in which the pilot has just registered.
  func remember() { mark = (try? context.spool.mark()) ?? mark }

  private func noteAway() {
    since = [:]
    guard away == nil else { return }
    away = (context.now, context.time.timestamp)
    context.say(
      "the spool is away since \(context.time.timestamp): \(context.spool.path(of: .root)) does "
        + "not hold it now; jobs run on, and results wait")
  }

  private func noteBack() {
    guard let away else { return }
    self.away = nil
    lastBack = context.now
    context.say("the spool is back; it was away for \(Units.text(context.now - away.since))")
  }

  // MARK: Things

  /// Takes in that a thing is missing in a spool that is there. Returns true where it has been
  /// missing for long enough: it is gone.
  func isGone(_ thing: Thing) -> Bool {
    let begun = since[thing] ?? context.now
    since[thing] = begun
    guard context.now - begun >= Self.patience(thing) else { return false }
    since[thing] = nil
    return true
  }

  private static func patience(_ thing: Thing) -> Duration {
    switch thing {
    case .directory, .heartbeat, .claim: patience
    case .drain, .quarantine, .reserve: orderPatience
    }
  }

  /// Forgets what is missing of claims that the pilot does not have any more.
  func forgetClaims(besides known: Set<JobName>) {
    since = since.filter { thing, _ in
      if case .claim(let name) = thing { known.contains(name) } else { true }
    }
  }

  /// Takes in that a thing is there, or that it is not missed any more.
  func settle(_ thing: Thing) { since[thing] = nil }

  /// Takes in that the pilot's heartbeat could be written and its directory be listed.
  func settleStanding() {
    settle(.directory)
    settle(.heartbeat)
    noteBack()
  }

  /// Forgets all that is missing: the pilot begins anew.
  func forget() { since = [:] }
}
