internal import Synchronization

/// True the first time that it is asked (or the first few times), false ever after.
public final class Once: Sendable {
  private let left: Mutex<Int>

  public init(times: Int = 1) { left = Mutex(times) }

  public func isFirst() -> Bool {
    left.withLock { left in
      left -= 1
      return left >= 0
    }
  }

  /// Whether it was asked at all.
  public var hasCome: Bool { left.withLock { $0 <= 0 } }
}

/// Gathers what hooks see.
public final class Log<Element: Sendable>: Sendable {
  private let content = Mutex<[Element]>([])

  public init() {}

  public func add(_ element: Element) { content.withLock { $0.append(element) } }
  public var all: [Element] { content.withLock { $0 } }
}
