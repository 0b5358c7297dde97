public import SpoolModel

public struct ChainAccepted: Sendable {
  public var spec: ChainSpec
  /// Of all its tasks.
  public var incarnation: String
  /// uid.
  public var owner: Int
  /// Epoch milliseconds.
  public var at: Int
  /// CRC-32 of the request's bytes.
  public var digest: String
}

/// A chain, from its acceptance on: what it is, and whose state is the sum of its steps'.
final class ChainEntry {
  let accepted: ChainAccepted
  /// The order of acceptance.
  let number: Int

  init(_ accepted: ChainAccepted, number: Int) {
    self.accepted = accepted
    self.number = number
  }

  var name: Name { accepted.spec.name }
  /// The tasks of its steps, as they were written.
  var tasks: [Name] { accepted.spec.steps.map(\.task.name) }
}

extension WatcherState {
  /// The tasks of a chain's steps, as they were written.
  func steps(of chain: ChainEntry) -> [TaskEntry] { chain.tasks.compactMap { tasks[$0] } }

  /// The chain that a task is a step of.
  func chain(of task: TaskEntry) -> ChainEntry? { task.chain.flatMap { chains[$0] } }

  /// A task alone, or with all steps of its chain.
  func unit(of task: TaskEntry) -> [TaskEntry] { chain(of: task).map(steps) ?? [task] }

  /// The tasks that an order is about: a task, or all of a chain.
  func ordered(_ name: Name) -> [TaskEntry] {
    if let task = tasks[name] { return [task] }
    return chains[name].map(steps) ?? []
  }

  func apply(_ chain: ChainAccepted) {
    accepted += 1
    let entry = ChainEntry(chain, number: accepted)
    chains[chain.spec.name] = entry
    for step in chain.spec.steps {
      apply(
        TaskAccepted(
          spec: step.task, incarnation: chain.incarnation, owner: chain.owner, at: chain.at,
          digest: chain.digest))
      tasks[step.task.name]?.chain = chain.spec.name
    }
  }

  /// How a chain stands: in work while one of its steps is, then as the worst of them.
  func state(of chain: ChainEntry) -> TaskState {
    let states = Set(steps(of: chain).map(\.state))
    let order: [TaskState] = [.active, .waiting, .held, .failed, .cancelled]
    return order.first(where: states.contains) ?? .done
  }

  /// The tasks of a task's own chain that read what it makes.
  func readers(of task: TaskEntry) -> [TaskEntry] {
    guard let chain = chain(of: task) else { return [] }
    let made = task.spec.producedDatasets
    return steps(of: chain).filter { !made.isDisjoint(with: $0.spec.inputDatasets) }
  }
}

extension ChainAccepted {
  var json: JSONObject {
    JSONObject(
      "chain",
      [
        ("incarnation", .string(incarnation)), ("owner", .integer(owner)), ("at", .integer(at)),
        ("digest", .string(digest)), ("request", .object(spec.source)),
      ])
  }

  init?(_ json: JSONObject) {
    guard let request = json["request"], let spec = try? ChainSpec(request, root: "/"),
      let incarnation = json["incarnation"]?.string, let owner = json["owner"]?.integer,
      let at = json["at"]?.integer, let digest = json["digest"]?.string
    else { return nil }
    self.init(spec: spec, incarnation: incarnation, owner: owner, at: at, digest: digest)
  }
}
