/// The jobs of a task or a chain, counted by their state.
public struct JobCounts: Equatable, Sendable {
  /// The jobs of a task that has not ended and that are not done.
  public struct Live: Equatable, Sendable {
    /// True while more jobs may come, because a dataset of the input is open.
    public var isOpen: Bool
    /// Jobs in ready.
    public var ready: Int
    /// Jobs that pilots have.
    public var running: Int
    /// Jobs that wait for the retry delay after a failed attempt.
    public var retrying: Int

    /// Makes the counts of a live task.
    public init(isOpen: Bool, ready: Int, running: Int, retrying: Int) {
      self.isOpen = isOpen
      self.ready = ready
      self.running = running
      self.retrying = retrying
    }
  }

  /// All jobs, as far as is known now.
  public var total: Int
  /// Jobs that succeeded.
  public var done: Int
  /// Jobs that failed for good.
  public var failed: Int
  /// The jobs in work; nil once the task has ended.
  public var live: Live?

  /// Makes counts.
  public init(total: Int, done: Int, failed: Int, live: Live? = nil) {
    self.total = total
    self.done = done
    self.failed = failed
    self.live = live
  }

  /// Returns the counts of a chain, from those of its steps.
  public static func sum(_ steps: [JobCounts], hasEnded: Bool) -> JobCounts {
    func sum(_ count: (JobCounts) -> Int) -> Int { steps.reduce(0) { $0 + count($1) } }
    var counts = JobCounts(total: sum(\.total), done: sum(\.done), failed: sum(\.failed))
    guard !hasEnded else { return counts }
    counts.live = Live(
      isOpen: steps.contains { $0.live?.isOpen == true }, ready: sum { $0.live?.ready ?? 0 },
      running: sum { $0.live?.running ?? 0 }, retrying: sum { $0.live?.retrying ?? 0 })
    return counts
  }
}

extension JobCounts: JSONValue {
  private enum Key: String { case total, done, failed, open, ready, running, retrying }

  /// The counts as the page of a task holds them.
  public var json: JSON {
    var members = common
    members[.open] = live?.isOpen
    write(live, to: &members)
    return members.json
  }

  /// The counts as the page of a chain holds them: `open` comes last.
  var chainJSON: JSON {
    var members = common
    write(live, to: &members)
    members[.open] = live?.isOpen
    return members.json
  }

  private var common: RecordMembers<Key> {
    var members = RecordMembers<Key>()
    members[.total] = total
    members[.done] = done
    members[.failed] = failed
    return members
  }

  private func write(_ live: Live?, to members: inout RecordMembers<Key>) {
    members[.ready] = live?.ready
    members[.running] = live?.running
    members[.retrying] = live?.retrying
  }

  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let total: Int = members[.total],
      let done: Int = members[.done], let failed: Int = members[.failed]
    else { return nil }
    self.init(total: total, done: done, failed: failed)
    guard let isOpen: Bool = members[.open] else { return }
    live = Live(
      isOpen: isOpen, ready: members[.ready] ?? 0, running: members[.running] ?? 0,
      retrying: members[.retrying] ?? 0)
  }
}
