public import SpoolModel
internal import SpoolStore

/// The decision how many pilots to start, or to take back. A pure value: looks and ends of pilots come
/// in, a decision comes out.
///
/// 1. *No more than needed.* It starts what the backlog could use beyond all pilots that are there or
///    queued, and never exceeds the most.
/// 2. *Step by step.* Beyond a first few it has no more than two further batch jobs for each pilot that
///    is at work in the spool. So it doubles with each look, and a fault costs few batch jobs.
/// 3. *Back off.* After a pilot died without a job it starts one at a time, and waits longer each time.
///    Three in a row end it.
/// 4. *Take back.* Queued batch jobs that have had nothing to do for a few looks are cancelled, those
///    that came last first. A pilot that runs leaves by itself.
public struct PilotPolicy: Sendable {
  /// The batch jobs that are started before one pilot is at work.
  public static let first = 3
  /// Pilots in a row that may die without a job; then it gives up.
  public static let longestRow = 3
  /// The looks for which queued batch jobs must have been too many.
  public static let patience = 3

  /// The most batch jobs at a time.
  public let most: Int
  /// The time after a first death, or a first refusal; doubled after each further one.
  public let pause: Duration
  /// The pilots that died without a job since the last that had one.
  public private(set) var row = 0
  private var refusals: Backoff
  private var nextStart = Instant.distantPast
  private var surplusLooks = 0

  /// Makes a policy that has seen nothing. With `isOnce` it takes back at its first look.
  public init(most: Int, pause: Duration, isOnce: Bool = false) {
    self.most = most
    self.pause = pause
    refusals = Backoff(first: pause, longest: max(pause, .seconds(600)))
    if isOnce { surplusLooks = Self.patience }
  }

  /// The findings of one look.
  public struct Look: Equatable, Sendable {
    /// The pilots that the backlog could use beyond all that are there or queued.
    public var missing: Int
    /// The queued batch jobs that the backlog has no use for.
    public var surplus: Int
    /// The batch jobs that wait in the batch system.
    public var queued: Int
    /// The batch jobs that run there.
    public var running: Int
    /// The pilots among them that are at work in the spool.
    public var atWork: Int

    /// Makes findings.
    public init(missing: Int, surplus: Int, queued: Int, running: Int, atWork: Int) {
      self.missing = missing
      self.surplus = surplus
      self.queued = queued
      self.running = running
      self.atWork = atWork
    }
  }

  /// A decision.
  public struct Decision: Equatable, Sendable {
    /// The pilots to start.
    public var start = 0
    /// The queued batch jobs to cancel.
    public var cancel = 0
    /// True where it gives up: all queued batch jobs are to be cancelled.
    public var isOver = false

    /// Makes a decision.
    public init(start: Int = 0, cancel: Int = 0, isOver: Bool = false) {
      self.start = start
      self.cancel = cancel
      self.isOver = isOver
    }
  }

  /// Takes in that a pilot had a job, or left in good order.
  public mutating func noteSuccess() {
    row = 0
  }

  /// Takes in that a pilot died without a job.
  public mutating func noteDeath(at now: Instant) {
    row += 1
    let backoff = Backoff(first: pause, longest: .seconds(600))
    nextStart = max(nextStart, now + backoff.delay(after: row - 1))
  }

  /// Takes in that the batch system refused a batch job.
  public mutating func noteRefusal(at now: Instant) {
    nextStart = max(nextStart, now + refusals.next())
  }

  /// Takes in that the batch system took a batch job.
  public mutating func noteAcceptance() { refusals.reset() }

  /// Decides what follows from a look.
  public mutating func decide(_ look: Look, at now: Instant) -> Decision {
    guard row < Self.longestRow else { return Decision(cancel: look.queued, isOver: true) }
    guard look.missing > 0 else { return Decision(cancel: surplus(look)) }
    surplusLooks = 0
    guard now >= nextStart else { return Decision() }
    let there = look.queued + look.running
    let ceiling = min(most, Self.first + 2 * look.atWork)
    var start = min(look.missing, max(0, ceiling - there))
    // What is under way may die, too: its fate comes first.
    if row > 0 { start = there > look.atWork ? 0 : min(1, start) }
    return Decision(start: start)
  }

  /// Returns the number of queued batch jobs to take back.
  private mutating func surplus(_ look: Look) -> Int {
    guard look.surplus > 0 else {
      surplusLooks = min(surplusLooks, 0)
      return 0
    }
    surplusLooks += 1
    return surplusLooks >= Self.patience ? min(look.surplus, look.queued) : 0
  }
}
