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
  var head: [UInt8] { summary.json.pretty }

  /// The whole page.
  var json: JSON {
    guard case .object(var page) = summary.json else { return summary.json }
    page["request"] = .object(chain.accepted.spec.source)
    return .object(page)
  }

  private var summary: ChainSummary {
    let status = placement.status(of: chain, in: state)
    let pages = steps.map { TaskPage($0, state, placement, ready: ready[$0.name] ?? 0) }
    let reasons = steps.compactMap { task in task.reason.map { "\(stepName(task)): \($0)" } }
    return ChainSummary(
      chain: chain.name, state: status, isPacked: isPacked,
      reason: reasons.isEmpty ? nil : reasons.joined(separator: "; "),
      jobs: JobCounts.sum(pages.map(\.jobs), hasEnded: status.hasEnded),
      steps: zip(steps, pages).map { task, page in page.step(named: stepName(task)) }, flow: flow,
      cpu: Duration(inSeconds: steps.reduce(0) { $0 + $1.cpu }), accepted: chain.accepted.at,
      started: steps.compactMap(\.started).min(),
      ended: status.hasEnded ? steps.compactMap(\.ended).max() : nil, owner: chain.accepted.owner,
      incarnation: chain.accepted.incarnation)
  }

  private func stepName(_ task: TaskEntry) -> String {
    String(task.name.text.dropFirst(chain.name.text.count + 1))
  }

  /// The numbers of events that entered and left the chain, and their ratio. Events enter by the
  /// steps that no other step feeds. They leave by the steps that feed no other. If such a step
  /// reports no events, the steps that feed it count instead.
  private var flow: EventFlow? {
    let steps = chain.accepted.spec.steps
    let fed = Set(steps.flatMap(\.sources))
    let entered = steps.filter(\.sources.isEmpty).reduce(0.0) { $0 + (sums($1)?.eventsIn ?? 0) }
    var left = 0.0
    var open = steps.indices.filter { !fed.contains($0) }
    var seen = Set(open)
    while let index = open.popLast() {
      if let events = sums(steps[index])?.eventsOut {
        left += events
      } else {
        for source in steps[index].sources where seen.insert(source).inserted {
          open.append(source)
        }
      }
    }
    return entered > 0 ? EventFlow(eventsIn: entered, eventsOut: left) : nil
  }

  private func sums(_ step: ChainSpec.Step) -> ReportSums? { state.tasks[step.task.name]?.sums }
}
