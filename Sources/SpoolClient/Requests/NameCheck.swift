public import SpoolModel
public import SpoolStore

/// The look for the name of a task or chain before its request is dropped: a request that is there
/// already is not dropped again, and a name that is another's is told.
public struct NameCheck {
  private let spool: Spool
  private let lookup: TaskLookup
  /// The place of the name, for the user who is to change it.
  private let place: String
  /// Keys of a request that do not count when contents are compared.
  private let ignored: Set<String>

  /// The state of the name.
  public enum Answer {
    /// No task has it.
    case free
    /// A task or chain of the same content has it.
    case there(TaskPage)
    /// A request of the same content was dropped already.
    case dropped
  }

  /// Makes the look into a spool. `place` says where the user wrote the name. The keys `ignoring` are
  /// left out where contents are compared.
  public init(_ spool: Spool, place: String, ignoring ignored: Set<String> = []) {
    self.spool = spool
    self.ignored = ignored
    self.place = place
    lookup = TaskLookup(spool)
  }

  /// Returns the state of a name for a request of this content. Fails where another task has it.
  public func look(_ name: Name, _ source: JSONObject) throws(Failure) -> Answer {
    switch lookup.find(name) {
    case .page(let page):
      guard page.request.map({ isSame($0, source) }) == true else {
        let kind = page.chain == nil ? "task" : "chain"
        let words = "there is a \(kind) \(name) already (\(page.stateText)), with other content"
        let ways =
          page.state.hasEnded
          ? "; or free the name with `spool forget \(name)`, or --replace" : ""
        throw taken(words, name, ways)
      }
      return .there(page)
    case .pending(let bytes):
      guard bytes.map({ isSame($0, source) }) == true else {
        throw taken("a task \(name) is dropped already", name, "")
      }
      return .dropped
    case .refused, .unknown: return .free
    }
  }

  /// Returns true if a request that lies in the spool has this content.
  private func isSame(_ bytes: [UInt8], _ source: JSONObject) -> Bool {
    switch try? Request(bytes, root: spool.dataRoot, config: spool.config) {
    case .task(let spec): isSame(spec.source, source)
    case .chain(let spec): isSame(spec.source, source)
    default: false
    }
  }

  /// The watcher completes a request before it records it.
  private func isSame(_ left: JSONObject, _ given: JSONObject) -> Bool {
    let right = spool.config.completed(given)
    guard !ignored.isEmpty else { return left == right }
    return left.members.filter { !ignored.contains($0.key) }
      == right.members.filter { !ignored.contains($0.key) }
  }

  /// Returns the failure for a name that is taken, with the ways out.
  private func taken(_ state: String, _ name: Name, _ ways: String) -> Failure {
    let free = (2...99).lazy.compactMap { Name("\(name)-\($0)") }.first {
      if case .unknown = lookup.find($0) { true } else { false }
    }
    let advice = free.map { ", as \($0)" } ?? ""
    return Failure(.usage, "\(state): choose another name\(advice) (\(place))" + ways)
  }
}
