internal import SpoolModel
internal import SpoolStore

/// Chooses what to claim from one ready directory: keeps its listing, takes at random among the
/// first 64 of the best priority, so that many pilots do not all want the same job, and lists again
/// only when the listing is used up or old (DESIGN 6).
struct Claimer {
  static let window = 64
  /// Milliseconds after which a listing is old.
  static let oldAfter = 1000
  static let shortest = 50
  static let longest = 2000

  let queue: Queue
  /// Names in the order of claiming, the first last, and the first of them, parsed.
  private var names: [String] = []
  private var window: [JobName] = []
  private var listedAt: Int?
  private var next = 0
  private var interval = Self.shortest
  private var isHinted = true

  init(_ queue: Queue) { self.queue = queue }

  /// Something may have come.
  mutating func hint() {
    isHinted = true
    interval = Self.shortest
  }

  /// The filesystem refused something: not again at once.
  mutating func backOff(at now: Int) {
    names = []
    window = []
    isHinted = false
    interval = min(Self.longest, interval * 2)
    next = now + interval
  }

  /// The pilot has more room than before.
  mutating func reconsider() { isHinted = true }

  /// When it wants to list again without a hint, monotonic milliseconds.
  func wantsListing(at now: Int) -> Bool {
    guard let listedAt else { return true }
    if names.isEmpty, window.isEmpty { return isHinted || now >= next }
    return now - listedAt >= Self.oldAfter
  }

  var nextListing: Int { isHinted ? 0 : next }

  mutating func list(_ spool: Spool, at now: Int, spread: Int) throws(FileError) {
    isHinted = false
    next = now + interval
    let listing = try spool.files.list(spool.layout.ready(queue), fresh: true)
    names = listing.names.filter { $0.utf8.first != UInt8(ascii: ".") }.sorted(by: >)
    window = []
    listedAt = now
    if names.isEmpty { interval = min(Self.longest, interval * 2) }
    next = now + interval + spread * interval / 500
  }

  /// Takes the next candidate that fits out of the listing; nil if there is none.
  mutating func candidate(
    _ fits: (JobName) -> Bool, _ random: inout any RandomNumberGenerator
  ) -> JobName? {
    fill()
    var skipped = 0
    while !window.isEmpty {
      let fitting = window.indices.filter { fits(window[$0]) }
      let best = fitting.first.map { window[$0].priority }
      let choices = fitting.filter { window[$0].priority == best }
      if let choice = choices.randomElement(using: &random) {
        interval = Self.shortest
        return window.remove(at: choice)
      }
      // None of these fits: look past them, but not for ever.
      skipped += window.count
      window = []
      if skipped < 4096 { fill() }
    }
    // Nothing that fits: look again later and later.
    names = []
    if skipped > 0 { interval = min(Self.longest, interval * 2) }
    return nil
  }

  private mutating func fill() {
    while window.count < Self.window, let last = names.popLast() {
      if let name = JobName(fileName: last) { window.append(name) }
    }
  }
}
