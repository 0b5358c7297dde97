public import SpoolModel

extension FileError {
  /// The longest time that a job, a result or an output waits for the filesystem before it is given
  /// up for this (R10). A disk that is full or read-only waits for a person, who may sleep. Other
  /// outages may concern one path alone. A host that is short of something gets a minute.
  public var longestWait: Duration {
    if isFull || isReadOnly { return .seconds(7 * 86_400) }
    if isShortage { return .seconds(60) }
    return isOutage ? .seconds(600) : .zero
  }
}

/// The refusals of the filesystem at present. Each is said once when it begins and once when it has
/// passed, however often and for however many things the same is tried (R10).
public final class Troubles {
  private struct Trouble {
    var text: String
    /// The first refusal, by the wall clock and by the monotonic clock.
    var since: Timestamp
    var begun: Instant
    /// The last refusal.
    var last: Instant
  }

  /// The time without a refusal after which a trouble has passed: more than between two tries.
  public static let calm = Duration.seconds(5)
  /// The shortest time that is told as one: within less a trouble was met at one try, and nobody
  /// looked whether it went on.
  static let told = Duration.milliseconds(500)
  /// The number of troubles that are known at a time.
  static let most = 20

  private let time: any TimeSource
  private let say: (String) -> Void
  private var troubles: [String: Trouble] = [:]
  /// The last refusal by a filesystem that was out of order as a whole; nil where there was none.
  public private(set) var lastOutage: Instant?

  /// Makes a collection without troubles. `say` is told of each beginning and end.
  public init(time: any TimeSource, say: @escaping (String) -> Void) {
    self.time = time
    self.say = say
  }

  /// Notes a refusal of something that is tried again. `waits` names the thing that waits.
  public func note(_ error: FileError, _ waits: String = "") {
    // Nothing was tried: the spool is another watcher's.
    if error.reason == .leaseLost { return }
    let text = "\(error)" + (waits.isEmpty ? "" : "; \(waits) waits")
    let key = Self.key(error)
    let now = time.instant
    if error.isOutage { lastOutage = now }
    if var known = troubles[key] {
      known.text = text
      known.last = now
      troubles[key] = known
    } else if troubles.count < Self.most {
      troubles[key] = Trouble(text: text, since: time.timestamp, begun: now, last: now)
      say("\(text); trying again until it passes")
    }
  }

  /// Returns the key of a trouble: one of a filesystem as a whole is met at many paths.
  private static func key(_ error: FileError) -> String {
    error.isOutage || error.isShortage
      ? error.codeName : "\(error.codeName) \(error.directory)"
  }

  /// Notes that troubles have passed which were not met for a while. The caller calls it now and
  /// then.
  public func look() {
    let now = time.instant
    for (key, trouble) in troubles where now - trouble.last >= Self.calm {
      troubles[key] = nil
      let lasted = trouble.last - trouble.begun
      let when =
        lasted < Self.told ? "met only at \(trouble.since)" : "it lasted \(Units.text(lasted))"
      say("passed: \(key) (\(when))")
    }
  }

  /// The troubles with their beginnings, a line each, for people.
  public var lines: [String] {
    troubles.values.sorted { $0.begun < $1.begun }.map {
      "since \($0.since): \($0.text)"
    }
  }

  /// The first trouble; nil where all is well.
  public var first: String? { troubles.values.min { $0.begun < $1.begun }?.text }
}
