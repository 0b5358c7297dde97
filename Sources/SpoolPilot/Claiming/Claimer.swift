internal import SpoolModel

/// The choice of what to claim from one ready directory. A pure value: listings come in, the name
/// of a job to try comes out.
///
/// 1. It keeps the last listing, and asks for another only when that is used up or old (R9).
/// 2. It takes at random among the first 16 jobs of the best priority that fit, in the order of
///    claiming, so that many pilots do not all want the same job.
/// 3. Where it finds nothing that fits, it looks again ever more seldom.
struct Claimer {
  /// The number of names that it parses at a time.
  static let window = 64
  /// The number of jobs among which it chooses.
  static let choices = 16
  /// The age from which on a listing is old.
  static let oldAfter = Duration.seconds(1)
  /// The shortest time between two listings without a hint.
  static let shortest = Duration.milliseconds(50)
  /// The longest time between two listings without a hint.
  static let longest = Duration.seconds(2)
  /// The number of jobs that it looks past in one listing because they do not fit.
  static let mostSkipped = 4096

  let queue: Queue
  /// Names in the order of claiming, the first last.
  private var names: [String] = []
  /// The first of the names, parsed.
  private var window: [JobName] = []
  private var listedAt: Instant?
  private var timer = RetryTimer(from: Self.shortest, to: Self.longest)
  private var isHinted = true
  /// The number of jobs that had given back their share of the pilot at the last listing.
  private var seenReleases = 0

  init(_ queue: Queue) { self.queue = queue }

  // MARK: Events

  /// Takes in that the directory may have changed.
  mutating func hint() {
    isHinted = true
    timer.reset()
  }

  /// Takes in that the filesystem refused something: the claimer does not try again at once.
  mutating func backOff(at now: Instant, releases: Int) {
    names = []
    window = []
    isHinted = false
    seenReleases = releases
    timer.grow()
    timer.wait(from: now)
  }

  /// Takes in that the directory is about to be listed.
  mutating func beginListing(at now: Instant, releases: Int) {
    isHinted = false
    seenReleases = releases
    timer.wait(from: now)
  }

  /// Takes in a listing; `spread` as ``RetryTimer/wait(from:spread:)`` has it.
  mutating func take(_ listing: [String], at now: Instant, spread: Int) {
    names = listing.filter { $0.utf8.first != UInt8(ascii: ".") }.sorted {
      JobName.isBefore($1, $0)
    }
    window = []
    listedAt = now
    if names.isEmpty { timer.grow() }
    timer.wait(from: now, spread: spread)
  }

  // MARK: Questions

  /// Returns whether the directory is to be listed before the next choice. `releases` is the number
  /// of jobs that have given back their share of the pilot so far: more of them make more room.
  func wantsListing(at now: Instant, releases: Int) -> Bool {
    guard let listedAt else { return true }
    if names.isEmpty, window.isEmpty {
      return isHinted || releases != seenReleases || timer.isDue(at: now)
    }
    return now - listedAt >= Self.oldAfter
  }

  /// Returns when the directory is to be listed next.
  func nextListing(releases: Int) -> Instant {
    isHinted || releases != seenReleases ? .distantPast : timer.next
  }

  // MARK: The choice

  /// Takes the next candidate that fits out of the listing; nil if there is none.
  mutating func takeCandidate(
    _ fits: (JobName) -> Bool, _ random: inout any RandomNumberGenerator
  ) -> JobName? {
    fill()
    var skipped = 0
    while !window.isEmpty {
      let fitting = window.indices.filter { fits(window[$0]) }
      let best = fitting.first.map { window[$0].priority }
      let choices = fitting.prefix { window[$0].priority == best }.prefix(Self.choices)
      if let choice = choices.randomElement(using: &random) {
        timer.reset()
        return window.remove(at: choice)
      }
      // None of these fits: look past them, but not for ever.
      skipped += window.count
      window = []
      if skipped < Self.mostSkipped { fill() }
    }
    names = []
    if skipped > 0 { timer.grow() }
    return nil
  }

  private mutating func fill() {
    while window.count < Self.window, let last = names.popLast() {
      if let name = JobName(fileName: last) { window.append(name) }
    }
  }
}
