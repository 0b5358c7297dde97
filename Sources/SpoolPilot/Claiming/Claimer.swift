internal import SpoolModel
internal import SpoolStore

/// The choice of what to claim from one queue. A pure value: looks at its directory and the outcome of
/// claims come in, the job to try comes out. Where the queue has lanes, each look is at one of them, by
/// chance, and now and then at its directory too.
///
/// 1. It fills all free slots from one look. It asks for another when the listing is used up, or too
///    old for the ``Rivalry`` of other pilots, or led to two lost races in a row; then after a pause.
/// 2. Of the jobs of the best priority it takes any of the first few, by chance, so that many pilots do
///    not all want the same job; then any of the next few. (An order that each pilot makes once and for
///    all, say by a hash of its name and the job's, would leave what it likes least to lie for ever.)
/// 3. Where there are fewer jobs than pilots that want one, it leaves each to the others, but for one in so
///    many, and takes at its next look what is still there.
/// 4. Where it finds nothing that fits, it looks again ever more seldom, each time half as often, and
///    after each job that fits a quarter sooner. So where jobs are few, and other pilots take them as well,
///    looks are not many more than jobs. A directory that was empty it lists only when its mark has
///    moved.
struct Claimer {
  /// The shortest time between two looks without a hint.
  static let shortest = Duration.milliseconds(50)
  /// The longest time between two looks without a hint.
  static let longest = Duration.seconds(2)
  /// Of so many looks at lanes one is at the directory too, and each after a hint.
  static let laneLooks = 4

  /// A job of a listing.
  struct Candidate: Equatable {
    var name: JobName
    var place: ReadyPlace
  }

  let queue: Queue
  /// The candidates in the order of claiming, the first last.
  private var candidates: [Candidate] = []
  /// The lanes of the queue, as its directory showed them last.
  private var lanes: [Lane] = []
  /// The number of looks since the last one at the directory.
  private var laneLooks = 0
  /// True if the present look is at the directory.
  private(set) var looksAtDirectory = true
  /// True if the directory may have changed since the last look at it.
  private var hasNews = true
  /// Jobs of the last listing that are left to other pilots.
  private var left: Set<JobName> = []
  private var listedAt: Instant?
  private var emptiness = EmptyDirectory()
  private var rivalry = Rivalry()
  private var timer = RetryTimer(from: Self.shortest, to: Self.longest)
  private var isHinted = true
  /// The number of jobs that had given back their share of the pilot at the last look.
  private var seenReleases = 0
  /// True if a job of the last look did not fit, or the pilot could take no more since. Only then does
  /// more room make a look worthwhile.
  private var lacksRoom = false
  /// The end of the pause after lost races: no hint cuts it.
  private var pauseEnd = Instant.distantPast

  init(_ queue: Queue) { self.queue = queue }

  // MARK: Events

  /// Takes in that the directory may have changed. Pilots that lost races over such news before do
  /// not all come at once.
  mutating func hint(at now: Instant, _ random: inout any RandomNumberGenerator) {
    timer.reset()
    hasNews = true
    guard !isHinted else { return }
    isHinted = true
    pauseEnd = max(pauseEnd, now + rivalry.drawPause(&random))
  }

  /// Takes in that the filesystem refused something: the claimer does not try again at once.
  mutating func backOff(at now: Instant, releases: Int) {
    candidates = []
    isHinted = false
    seenReleases = releases
    timer.grow()
    timer.wait(from: now)
  }

  /// Takes in that the pilot may take no more jobs now.
  mutating func noteFull() { lacksRoom = true }

  /// Takes in that the pilot is about to look at the directory.
  mutating func beginLook(at now: Instant, releases: Int) {
    candidates = []
    isHinted = false
    lacksRoom = false
    looksAtDirectory = lanes.isEmpty || hasNews || laneLooks + 1 >= Self.laneLooks
    laneLooks = looksAtDirectory ? 0 : laneLooks + 1
    if looksAtDirectory { hasNews = false }
    seenReleases = releases
    rivalry.beginListing()
    timer.wait(from: now)
  }

  /// Takes in the mark of the directory. Returns whether it is to be listed; else no job is in it, as
  /// before.
  func needsListing(_ mark: DirectoryMark, at now: Instant) -> Bool {
    !emptiness.isCertain(mark, at: now)
  }

  /// Takes in a listing of the directory, and the mark that it had just before.
  mutating func take(_ listing: [String], _ mark: DirectoryMark, at now: Instant) {
    lanes = listing.compactMap { Lane(directory: $0) }
    add(listing, from: ReadyPlace(queue))
    emptiness.note(mark, isEmpty: candidates.isEmpty, at: now)
  }

  /// Returns the lane to look into, after the directory; nil if there is none.
  func drawLane(_ random: inout any RandomNumberGenerator) -> ReadyPlace? {
    lanes.randomElement(using: &random).map { ReadyPlace(queue, $0) }
  }

  /// Takes in a listing of a lane.
  mutating func add(_ listing: [String], from place: ReadyPlace) {
    candidates += listing.compactMap { file in
      JobName(fileName: file).map { Candidate(name: $0, place: place) }
    }
  }

  /// Takes in that a lane is gone. The next look is at the directory, and lists it.
  mutating func forgetLanes() {
    lanes = []
    emptiness = EmptyDirectory()
  }

  /// Takes in that the look is over.
  mutating func endLook(at now: Instant, _ random: inout any RandomNumberGenerator) {
    guard !candidates.isEmpty else { return findNothing(at: now, &random) }
    listedAt = now
    var quick = QuickRandom(seededBy: &random)
    candidates.shuffle(using: &quick)
    candidates.sort { $1.name.goesBefore($0.name) }
    mix(&quick)
    leaveSome(&quick)
    if candidates.isEmpty { findNothing(at: now, &random) }
  }

  /// Mixes the candidates of each priority, so many at a time: more where other pilots are often first.
  private mutating func mix(_ random: inout QuickRandom) {
    var end = candidates.endIndex
    while let priority = candidates[..<end].last?.name.priority {
      let start = candidates[..<end].lastIndex { $0.name.priority != priority }.map { $0 + 1 } ?? 0
      let first = max(start, end - Int(rivalry.choice))
      candidates[first..<end].shuffle(using: &random)
      end = first
    }
  }

  /// Leaves candidates to other pilots where there are fewer than pilots that want them, so that about one
  /// of these tries for each. What is still there of those that it left before it takes: nobody else
  /// wants it.
  private mutating func leaveSome(_ random: inout QuickRandom) {
    let before = left
    left = []
    if candidates.contains(where: { before.contains($0.name) }) { rivalry.noteLeftOver() }
    let crowd = rivalry.crowd
    guard candidates.count < crowd else { return }
    left = Set(
      candidates.map(\.name).filter {
        !before.contains($0) && Int.random(in: 0..<crowd, using: &random) > 0
      })
    candidates.removeAll { left.contains($0.name) }
  }

  private mutating func findNothing(
    at now: Instant, _ random: inout any RandomNumberGenerator
  ) {
    timer.grow()
    timer.wait(from: now, spread: Int.random(in: -100...100, using: &random))
  }

  /// Takes in that the pilot has the job that it tried for.
  mutating func noteWin() { rivalry.noteWin() }

  /// Takes in that another pilot was first. After two such in a row the listing is dropped.
  mutating func noteLoss(at now: Instant, _ random: inout any RandomNumberGenerator) {
    rivalry.noteLoss()
    guard rivalry.isHopeless || candidates.isEmpty else { return }
    candidates = []
    isHinted = true
    pauseEnd = now + rivalry.drawPause(&random)
  }

  // MARK: Questions

  /// Returns whether the pilot is to look at the directory before the next choice. `releases` is the
  /// number of jobs that have given back their share of the pilot so far: more of them make more room.
  func wantsLook(at now: Instant, releases: Int) -> Bool {
    if candidates.isEmpty { return now >= nextLook(releases: releases) }
    return listedAt.map { now - $0 >= rivalry.trust } ?? true
  }

  /// Returns when the pilot is to look at the directory next, if it has no candidates.
  func nextLook(releases: Int) -> Instant {
    let hasMoreRoom = lacksRoom && releases != seenReleases
    return max(isHinted || hasMoreRoom ? .distantPast : timer.next, pauseEnd)
  }

  /// Returns whether a job of the last listing that was not taken yet is like that.
  func hasCandidate(_ isLike: (JobName) -> Bool) -> Bool {
    candidates.contains { isLike($0.name) } || left.contains(where: isLike)
  }

  // MARK: The choice

  /// Takes the next candidate that fits; nil if there is none.
  mutating func takeCandidate(_ fits: (JobName) -> Bool) -> Candidate? {
    let hadCandidates = !candidates.isEmpty
    while let candidate = candidates.popLast() {
      guard fits(candidate.name) else {
        lacksRoom = true
        continue
      }
      timer.shrink()
      return candidate
    }
    if hadCandidates { timer.grow() }
    return nil
  }

  /// Takes the next candidate if there are enough others for other pilots, and it is wanted; else nil.
  mutating func takeSpare(_ isWanted: (JobName) -> Bool) -> Candidate? {
    guard candidates.count > Int(rivalry.choice), let next = candidates.last, isWanted(next.name)
    else { return nil }
    return candidates.removeLast()
  }
}
