internal import Synchronization

extension Spool {
  /// Does the same for each of some items, which do not depend on each other: several at a time
  /// where calls on the filesystem take long. Begins them in order. Begins no more once `isEnough`
  /// has returned true for a result. Returns the results of the items that were begun, which are the
  /// first of them, in the items' order.
  public func each<Item: Sendable, Result: Sendable>(
    _ items: [Item], until isEnough: @escaping @Sendable (Result) -> Bool,
    _ body: @escaping @Sendable (Item) -> Result
  ) -> [Result] {
    let results = Results<Result>(items.count)
    let begun = files.together(items.count) { number in
      let result = body(items[number])
      results.note(result, number)
      return !isEnough(result)
    }
    return results.first(begun)
  }

  /// Does the same for each of some items, as ``each(_:until:_:)``, but in turn for those of one kind,
  /// such as a directory: the kernel makes changes in one directory one after the other, and threads
  /// that wait for each other there are missing elsewhere. Items of kind nil have no others to wait for.
  /// Returns the results in the items' order; nil for an item that was not begun.
  public func each<Item: Sendable, Kind: Hashable, Result: Sendable>(
    _ items: [Item], inTurnBy kind: (Item) -> Kind?,
    until isEnough: @escaping @Sendable (Result) -> Bool,
    _ body: @escaping @Sendable (Item) -> Result
  ) -> [Result?] {
    var groups: [[Int]] = []
    var places: [Kind: Int] = [:]
    for (number, item) in items.enumerated() {
      // The first is apart, since a piece of work that is done alone is to be short.
      let kind = number > 0 ? kind(item) : nil
      if let place = kind.flatMap({ places[$0] }) {
        groups[place].append(number)
      } else {
        if let kind { places[kind] = groups.count }
        groups.append([number])
      }
    }
    let results = Results<Result>(items.count)
    let isOver = Mutex(false)
    _ = each(groups, until: { $0 }) { group in
      for number in group where !isOver.withLock({ $0 }) {
        let result = body(items[number])
        results.note(result, number)
        if isEnough(result) { isOver.withLock { $0 = true } }
      }
      return isOver.withLock { $0 }
    }
    return results.all
  }
}

/// The results of pieces of work, by number.
private final class Results<Result: Sendable>: Sendable {
  private let results: Mutex<[Result?]>

  init(_ count: Int) { results = Mutex(Array(repeating: nil, count: count)) }

  func note(_ result: Result, _ number: Int) { results.withLock { $0[number] = result } }

  var all: [Result?] { results.withLock { $0 } }

  func first(_ count: Int) -> [Result] { results.withLock { $0.prefix(count).compactMap(\.self) } }
}
