internal import SpoolModel

/// A chain, from its acceptance on: what it is, and whose state is the sum of its steps'.
struct ChainEntry {
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
