internal import SpoolModel
internal import SpoolStore

/// Tells the site of ends of tasks and chains. In come ends that are committed, and what the site's
/// command has been told of; out go notices and, where the site wants to be told at least once, `told`
/// records.
struct EndNotices {
  private let spool: Spool
  private let notify: (Notice) -> Void

  init(_ spool: Spool, notify: @escaping (Notice) -> Void) {
    self.spool = spool
    self.notify = notify
  }

  /// Tells again what may not have been told, after a restart.
  func resume(_ turn: Turn) {
    guard spool.config.isToldAtLeastOnce else { return }
    let tasks = turn.state.tasks.values.filter(\.isUntold)
    for task in tasks.sorted(by: { $0.number < $1.number }) { noteEnded(task: task.name, turn) }
    let chains = turn.state.chains.values.filter(\.isUntold)
    for chain in chains.sorted(by: { $0.number < $1.number }) { noteEnded(chain: chain.name, turn) }
  }

  /// Tells that a task has ended.
  func noteEnded(task name: Name, _ turn: Turn) {
    guard let task = turn.state.tasks[name] else { return }
    tell(
      Notice.End(
        name, isChain: false, summary: TaskPage(task, turn.state, turn.placement, ready: 0).json,
        owner: task.accepted.owner, notify: task.spec.notify), turn)
  }

  /// Tells that all steps of a chain have ended.
  func noteEnded(chain name: Name, _ turn: Turn) {
    guard let chain = turn.state.chains[name] else { return }
    let page = ChainPage(chain, turn.state, turn.placement, ready: [:])
    tell(
      Notice.End(
        name, isChain: true, summary: page.json, owner: chain.accepted.owner,
        notify: chain.accepted.spec.notify), turn)
  }

  private func tell(_ end: Notice.End, _ turn: Turn) {
    notify(Notice(end, spool: spool.layout.root, at: turn.date))
  }

  /// Takes in what the command has been told of.
  func noteTold(_ subjects: Set<String>, _ turn: Turn) {
    for name in subjects.sorted().compactMap({ Name($0) }) {
      let isUntold = turn.state.tasks[name]?.isUntold ?? turn.state.chains[name]?.isUntold ?? false
      if isUntold { turn.record(.told(name)) }
    }
  }
}
