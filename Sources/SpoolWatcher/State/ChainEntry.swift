internal import SpoolModel

/// A chain, from its acceptance until it is packed. It holds the accepted specification. The
/// chain's state is computed from the states of its steps (`SpoolState.state(of:)`).
struct ChainEntry {
  let accepted: ChainAccepted
  /// The position in the order of acceptance, which tasks and chains share.
  let number: Int
  /// True from its end until the site's command has been told of it, where the site wants to be certain.
  var isUntold = false

  init(_ accepted: ChainAccepted, number: Int) {
    self.accepted = accepted
    self.number = number
  }

  var name: Name { accepted.spec.name }
  /// The names of the tasks of its steps, in the order of the request.
  var tasks: [Name] { accepted.spec.steps.map(\.task.name) }
}

extension ChainEntry: JSONValue {
  private enum Key: String { case number, accepted, untold }

  /// The entry as a checkpoint holds it.
  var json: JSON {
    let members: RecordMembers<Key> = [
      .number: number.json, .accepted: accepted.line.json, .untold: isUntold ? true : nil,
    ]
    return members.json
  }

  init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let number: Int = members[.number],
      let line: RecordLine = members[.accepted], let accepted = ChainAccepted(line)
    else { return nil }
    self.init(accepted, number: number)
    isUntold = members[.untold] ?? false
  }
}
