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
}

/// The results of pieces of work, by number.
private final class Results<Result: Sendable>: Sendable {
  private let results: Mutex<[Result?]>

  init(_ count: Int) { results = Mutex(Array(repeating: nil, count: count)) }

  func note(_ result: Result, _ number: Int) { results.withLock { $0[number] = result } }

  func first(_ count: Int) -> [Result] { results.withLock { $0.prefix(count).compactMap(\.self) } }
}
