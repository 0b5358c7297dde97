/// A lane: one of the directories beside each other in which the watcher puts jobs, and pilots hand
/// results in, where a single directory is too slow. A kernel makes the changes in one directory of a
/// mount one after the other, and those in different ones at the same time.
public struct Lane: Hashable, Comparable, Sendable {
  /// The number of lanes that a directory has, where it has any.
  public static let count = 64

  /// All lanes.
  public static let all = (0..<count).map { Lane(number: $0) }

  /// The number of the lane, from 0.
  let number: Int

  private init(number: Int) { self.number = number }

  /// The name of its directory: `@07`. No task, pilot or job has a name like that.
  public var directory: String { number < 10 ? "@0\(number)" : "@\(number)" }

  /// Reads the name of a lane's directory; nil if it is none.
  public init?(directory: some StringProtocol) {
    guard directory.utf8.first == UInt8(ascii: "@"), directory.utf8.count == 3 else { return nil }
    let digits = directory.utf8.dropFirst()
    guard digits.allSatisfy({ 48...57 ~= $0 }) else { return nil }
    number = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    guard number < Self.count else { return nil }
  }

  public static func < (left: Lane, right: Lane) -> Bool { left.number < right.number }
}

/// A directory in which jobs wait for a pilot: that of a queue, or a lane of it.
public struct ReadyPlace: Hashable, Sendable {
  /// The queue.
  public var queue: Queue
  /// The lane; nil for the queue's own directory.
  public var lane: Lane?

  /// Makes a place.
  public init(_ queue: Queue, _ lane: Lane? = nil) {
    self.queue = queue
    self.lane = lane
  }

  /// The directory, relative to the spool: `ready-cpu`, or `ready-cpu/@07`.
  public var directory: String {
    queue.directory + (lane.map { "/\($0.directory)" } ?? "")
  }

  /// Reads a directory; nil if it is none where jobs wait.
  public init?(directory: some StringProtocol) {
    let parts = directory.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count),
      let queue = Queue.allCases.first(where: { $0.directory == parts[0] })
    else { return nil }
    guard parts.count == 2 else {
      self.init(queue)
      return
    }
    guard let lane = Lane(directory: parts[1]) else { return nil }
    self.init(queue, lane)
  }
}
