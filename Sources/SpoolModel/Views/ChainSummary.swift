/// The page of a chain: `running/CHAIN.json`, then `done/CHAIN.json` or `failed/CHAIN.json`. It says,
/// step by step, what went in, what came out and what it took.
public struct ChainSummary: Equatable, Sendable {
  /// The chain.
  public var chain: Name
  /// The state of the chain.
  public var state: TaskState
  /// True for the page of a chain in the archive.
  public var isPacked: Bool
  /// The reasons of the steps' states, in words.
  public var reason: String?
  /// The jobs of all steps by their state.
  public var jobs: JobCounts
  /// The steps, in their order.
  public var steps: [Step]
  /// The events in and out; nil if no step reports events.
  public var flow: EventFlow?
  /// CPU time of all attempts; the page holds it in seconds, to the millisecond.
  public var cpu: Duration
  /// The time at which the watcher accepted the request.
  public var accepted: Timestamp
  /// The time at which the first attempt began.
  public var started: Timestamp?
  /// The time at which the chain ended.
  public var ended: Timestamp?
  /// The uid that dropped the request.
  public var owner: Int
  /// The random id of the chain's life under its name (R6).
  public var incarnation: String
  /// The request as it was accepted. A page always has one; nil leaves it out, for a writer that adds
  /// the text of the request itself.
  public var request: JSONObject?

  /// Makes a page.
  public init(
    chain: Name, state: TaskState, isPacked: Bool = false, reason: String? = nil, jobs: JobCounts,
    steps: [Step], flow: EventFlow? = nil, cpu: Duration, accepted: Timestamp,
    started: Timestamp? = nil, ended: Timestamp? = nil, owner: Int, incarnation: String,
    request: JSONObject? = nil
  ) {
    self.chain = chain
    self.state = state
    self.isPacked = isPacked
    self.reason = reason
    self.jobs = jobs
    self.steps = steps
    self.flow = flow
    self.cpu = cpu
    self.accepted = accepted
    self.started = started
    self.ended = ended
    self.owner = owner
    self.incarnation = incarnation
    self.request = request
  }
}

extension ChainSummary {
  private enum Key: String {
    case format, kind, chain, state, packed, reason, jobs, steps, cpu, accepted, started, ended
    case owner, incarnation, request
  }

  private static let kind = "chain-summary"

  /// The page.
  public var json: JSON { .object(object) }

  /// The members of the page, in their order.
  public var object: JSONObject {
    var head = RecordMembers<Key>()
    head[.format] = 1
    head[.kind] = Self.kind
    head[.chain] = chain
    head[.state] = state
    if isPacked { head[.packed] = true }
    head[.reason] = reason
    head[.jobs] = jobs.chainJSON
    head[.steps] = steps
    var tail = RecordMembers<Key>()
    tail[.cpu] = cpu.inSeconds
    tail[.accepted] = accepted
    tail[.started] = started
    tail[.ended] = ended
    tail[.owner] = owner
    tail[.incarnation] = incarnation
    tail[.request] = request
    return JSONObject(head.object.members + (flow?.members ?? []) + tail.object.members)
  }

  /// Reads a page; nil if it is none of a chain. Keys that this version does not know are passed
  /// over.
  public init?(_ json: JSON) {
    guard let page = RecordMembers<Key>(json), page[.kind] == Self.kind,
      let chain: Name = page[.chain], let state: TaskState = page[.state],
      let jobs: JobCounts = page[.jobs], let steps: [Step] = page[.steps],
      let cpu: Double = page[.cpu], let accepted: Timestamp = page[.accepted],
      let owner: Int = page[.owner], let incarnation: String = page[.incarnation]
    else { return nil }
    self.init(
      chain: chain, state: state, isPacked: page[.packed] ?? false, reason: page[.reason],
      jobs: jobs, steps: steps, flow: EventFlow(page: json), cpu: Duration(inSeconds: cpu),
      accepted: accepted, started: page[.started], ended: page[.ended], owner: owner,
      incarnation: incarnation, request: page[.request])
  }
}
