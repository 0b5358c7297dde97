internal import SpoolModel
internal import SpoolStore

/// The page of a chain: its steps one by one, with what went in, what came out, and what it cost.
/// In comes the state; out goes JSON.
struct ChainPage {
  private let chain: ChainEntry
  private let state: SpoolState
  private let placement: Placement
  /// The number of jobs in ready, by task.
  private let ready: [Name: Int]
  /// True if the page is for the archive.
  private let isPacked: Bool

  init(
    _ chain: ChainEntry, _ state: SpoolState, _ placement: Placement, ready: [Name: Int],
    isPacked: Bool = false
  ) {
    self.chain = chain
    self.state = state
    self.placement = placement
    self.ready = ready
    self.isPacked = isPacked
  }

  private var steps: [TaskEntry] { state.steps(of: chain) }

  /// The page without the request.
  var head: [UInt8] {
    let stands = placement.status(of: chain, in: state)
    var object = JSONObject([
      .init("format", 1), .init("kind", "chain-summary"),
      .init("chain", .string(chain.name.text)), .init("state", .string(stands.rawValue)),
    ])
    if isPacked { object["packed"] = true }
    let reasons = steps.compactMap { task in task.reason.map { "\(stepName(task)): \($0)" } }
    if !reasons.isEmpty { object["reason"] = .string(reasons.joined(separator: "; ")) }
    object["jobs"] = jobs(hasEnded: stands.hasEnded)
    object["steps"] = .array(steps.map(step))
    object.members += suppression
    object["cpu"] = .number(TaskPage.rounded(steps.reduce(0) { $0 + $1.cpu }))
    object["accepted"] = chain.accepted.at.json
    if let started = steps.compactMap(\.started).min() { object["started"] = started.json }
    if stands.hasEnded, let ended = steps.compactMap(\.ended).max() {
      object["ended"] = ended.json
    }
    object["owner"] = .integer(chain.accepted.owner)
    object["incarnation"] = .string(chain.accepted.incarnation)
    return JSON.object(object).pretty
  }

  private func stepName(_ task: TaskEntry) -> String {
    String(task.name.text.dropFirst(chain.name.text.count + 1))
  }

  private func page(_ task: TaskEntry) -> TaskPage {
    TaskPage(task, state, placement, ready: ready[task.name] ?? 0)
  }

  private func jobs(hasEnded: Bool) -> JSON {
    let pages = steps.map { page($0).jobs }
    let keys = ["total", "done", "failed"] + (hasEnded ? [] : ["ready", "running", "retrying"])
    var object = JSONObject(
      keys.map { key in
        .init(key, .integer(pages.reduce(0) { $0 + ($1[key]?.integer ?? 0) }))
      })
    if !hasEnded { object["open"] = .bool(pages.contains { $0["open"]?.bool == true }) }
    return .object(object)
  }

  private func step(_ task: TaskEntry) -> JSON {
    var object = JSONObject([
      .init("name", .string(stepName(task))), .init("task", .string(task.name.text)),
      .init("state", .string(placement.status(of: task).rawValue)),
    ])
    if let reason = task.reason { object["reason"] = .string(reason) }
    if let missing = placement.missing(for: task.name) {
      object["waitsFor"] = .string(missing.text)
    }
    if let lacking = placement.lacking(for: task.name), !task.state.hasEnded {
      object["lacks"] = .string(lacking.text)
    }
    object["jobs"] = page(task).jobs
    object["attempts"] = .integer(task.attempts)
    if !task.causes.isEmpty { object["failedAttempts"] = TaskEntry.json(task.causes) }
    if !task.failedJobs.isEmpty { object["failedJobs"] = page(task).failures }
    object["report"] = task.sums.json
    object["cpu"] = .number(TaskPage.rounded(task.cpu))
    object["runTime"] = .number(TaskPage.rounded(Double(task.wall.milliseconds) / 1000))
    object["peakMemory"] = .integer(task.peakMemory)
    object["outputs"] = ["files": .integer(task.outputs), "bytes": .integer(task.outputBytes)]
    if let started = task.started { object["started"] = started.json }
    if let ended = task.ended { object["ended"] = ended.json }
    return .object(object)
  }

  /// The numbers of events that entered and left the chain, and their ratio. Events enter by the
  /// steps that no other step feeds. They leave by the steps that feed no other. If such a step
  /// reports no events, the steps that feed it count instead.
  private var suppression: [JSONObject.Member] {
    let steps = chain.accepted.spec.steps
    let fed = Set(steps.flatMap(\.sources))
    let entered = steps.filter(\.sources.isEmpty).reduce(0.0) { $0 + (sums($1)["eventsIn"] ?? 0) }
    var left = 0.0
    var open = steps.indices.filter { !fed.contains($0) }
    var seen = Set(open)
    while let index = open.popLast() {
      if let events = sums(steps[index])["eventsOut"] {
        left += events
      } else {
        for source in steps[index].sources where seen.insert(source).inserted {
          open.append(source)
        }
      }
    }
    guard entered > 0 else { return [] }
    var members: [JSONObject.Member] = [
      .init("eventsIn", .number(entered)), .init("eventsOut", .number(left)),
    ]
    if left > 0 {
      members.append(.init("suppression", .number(TaskPage.rounded(entered / left))))
    }
    return members
  }

  private func sums(_ step: ChainSpec.Step) -> [String: Double] {
    state.tasks[step.task.name]?.sums.sums ?? [:]
  }
}
