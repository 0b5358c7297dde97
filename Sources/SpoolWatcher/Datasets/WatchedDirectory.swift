internal import SpoolModel
internal import SpoolStore

/// A watched directory, as the watcher knows it. In come listings, looks and hints; out go the
/// files that are whole. It remembers the files that are not whole yet. Of files that joined it
/// knows only the hash of their paths (``PathSet``).
final class WatchedDirectory {
  /// A file that is not whole yet.
  private struct Look {
    var attributes: FileAttributes?
    /// The time since which it has not changed.
    var since: Instant
    /// The time of the first look.
    var first: Instant
    /// The news that events brought of it, if any did.
    var told: DirectoryHints.News?
  }

  /// A file that is whole.
  struct Arrival {
    var name: String
    var size: Int
  }

  let dataset: Name
  /// The number of the watch, among the dataset's.
  let number: Int
  let watch: DirectoryWatch
  /// The names of the files that mark the end, of all the dataset's watches of this directory.
  var markers: Set<String> = []
  /// The time since which the dataset is due to close; nil if it is not.
  private var closesSince: Timestamp?
  private let spool: Spool
  /// Files that are not whole yet, as far as is known.
  private var looks: [String: Look] = [:]
  /// Names that are to be looked at.
  private var queue: [String] = []
  /// Paths that are no files, by hash. They are dropped now and then, because a file may take
  /// their place.
  private var foreign = PathSet()
  private var foreignExpires = Instant.distantPast
  private var nextScan = Instant.distantPast
  private var nextLooks = Instant.distantPast
  /// The number of consecutive scans that found nothing to join, since the dataset is due to close.
  private var cleanScans = 0
  /// True if the last look saw the marker of this watch.
  private(set) var hasMarker = false
  /// The obstacle to looking through the directory, in words.
  private(set) var trouble: String?
  /// The number of names that are not UTF-8.
  private(set) var unreadable = 0
  /// The names with control characters: no request could hold them.
  private(set) var unprintable: (count: Int, first: String) = (0, "")

  /// The largest number of names that are looked at in a turn.
  static let mostLooks = 1000
  /// The largest number of names that may wait for a look, or to become whole.
  static let mostNames = 20_000
  /// The number of scans without news that are believed. More than one, because a listing may omit
  /// entries (R8).
  static let closingScans = 2
  /// The time from the beginning of a scan to that of the next, as a multiple of the scan's own time.
  /// So scans take no more than a twentieth of the time.
  static let share = 20
  /// The time after which ``foreign`` is forgotten.
  static let foreignInterval = Duration.seconds(60)

  init(_ dataset: Name, _ number: Int, _ watch: DirectoryWatch, _ spool: Spool) {
    self.dataset = dataset
    self.number = number
    self.watch = watch
    self.spool = spool
  }

  /// The time between two scans.
  private var interval: Duration { Self.interval(watch.settle) }

  /// The time between two looks at files that are not whole.
  private var lookInterval: Duration {
    Self.interval(watch.minAge > .zero ? watch.minAge : watch.settle)
  }

  private static func interval(_ wait: Duration) -> Duration {
    min(.seconds(2), max(.milliseconds(50), wait / 4))
  }

  /// The number of known files that have not joined.
  var pending: Int { max(looks.count, queue.count) }

  /// True if all files have joined, as far as two scans can tell.
  var isThrough: Bool { closesSince != nil && cleanScans >= Self.closingScans }

  /// Returns the time of the next look.
  func nextLook(at now: Instant) -> Instant {
    if !queue.isEmpty { return now }
    return looks.isEmpty ? nextScan : min(nextScan, nextLooks)
  }

  /// Notes the time since which the dataset is due to close; nil if it is not. A change begins the
  /// count of clean scans again.
  func setClosing(since time: Timestamp?, at now: Instant) {
    guard time != closesSince else { return }
    closesSince = time
    cleanScans = 0
    if time != nil { nextScan = now }
  }

  // MARK: Hints

  /// Takes note of events, which are only hints (R9).
  func hear(_ hints: DirectoryHints, at now: Instant) {
    if hints.rescan {
      // The event that tells of a close may have been lost.
      for name in looks.keys where looks[name]?.told == .created { looks[name]?.told = nil }
      nextScan = now
    }
    for (name, news) in hints.names {
      if name == watch.closeOn { nextScan = now }
      guard covers(name) else { continue }
      let first = looks[name]?.first ?? now
      looks[name] = Look(since: now, first: first, told: news)
      if news != .created { queue.append(name) }
    }
  }

  /// Returns true for the name of a file that is to join: the watch covers it, and it is no marker.
  private func covers(_ name: String) -> Bool { watch.covers(name) && !markers.contains(name) }

  // MARK: Looking

  /// Looks through the directory if a scan is due. `patience` is the time after which an unfinished
  /// file no longer keeps the dataset open.
  func scan(_ index: PathIndex, patience: Duration, _ turn: Turn) throws(FileError) {
    guard queue.isEmpty else { return }
    guard turn.now >= nextScan else {
      if turn.now >= nextLooks { lookAgain(at: turn.now) }
      return
    }
    let begun = turn.now
    if begun >= foreignExpires {
      foreign = PathSet()
      foreignExpires = begun + Self.foreignInterval
    }
    nextScan = begun + interval
    unprintable = (0, "")
    do throws(FileError) {
      unreadable = try spool.visit(data: watch.directory) { find($0, index) }
      trouble = nil
    } catch {
      queue = []
      cleanScans = 0
      trouble = error.isMissing ? "is not there yet" : "\(error)"
      throw error
    }
    let isClean = queue.isEmpty && !looks.values.contains { $0.first > begun - patience }
    cleanScans = isClean && closesSince != nil ? cleanScans + 1 : 0
    let isCut = queue.count >= Self.mostNames
    lookAgain(at: turn.now)
    let isEnding = isClean && closesSince != nil && !isThrough
    nextScan = isCut || isEnding ? turn.now : begun + max(interval, (turn.now - begun) * Self.share)
  }

  private func find(_ name: String, _ index: PathIndex) {
    if name == watch.closeOn { hasMarker = true }
    if watch.isUnprintable(name) {
      if unprintable.count == 0 { unprintable.first = name.printable(80) }
      unprintable.count += 1
    }
    guard covers(name), looks[name] == nil, queue.count + looks.count < Self.mostNames else {
      return
    }
    let hash = PathSet.hash(watch.path(name))
    if !index.contains(hash), !foreign.contains(hash) { queue.append(name) }
  }

  private func lookAgain(at now: Instant) {
    queue += looks.keys
    nextLooks = now + lookInterval
  }

  /// Returns the files that are whole, among those that this turn looks at. The caller calls
  /// ``joined(_:)`` once they are recorded.
  func arrivals(_ index: PathIndex, _ turn: Turn) -> [Arrival] {
    let budget = turn.budget()
    var arrivals: [String: Int] = [:]
    var looked = 0
    for name in queue.prefix(Self.mostLooks) where looked == 0 || !budget.isOver {
      looked += 1
      if arrivals[name] != nil { continue }
      do throws(FileError) {
        arrivals[name] = try wholeSize(name, index, at: turn.now)
      } catch {
        // A file that cannot be looked at must not hold up others.
        let now = turn.now
        looks[name] = looks[name] ?? Look(since: now, first: now)
        trouble = "\(error)"
        turn.note(error, "the dataset \(dataset)")
      }
    }
    queue.removeFirst(looked)
    return arrivals.sorted { $0.key < $1.key }.map { Arrival(name: $0.key, size: $0.value) }
  }

  /// Notes that files are recorded.
  func joined(_ arrivals: [Arrival]) {
    for arrival in arrivals { looks[arrival.name] = nil }
  }

  /// Takes back files that could not be recorded.
  func putBack(_ arrivals: [Arrival]) { queue += arrivals.map(\.name) }

  /// Returns true if the marker exists and is a file.
  func lookForMarker() throws(FileError) -> Bool {
    guard hasMarker, let name = watch.closeOn else { return false }
    hasMarker = try spool.attributes(ofData: watch.path(name))?.kind == .file
    return hasMarker
  }

  /// Returns the size of a file that is whole; nil if it is not whole or does not join.
  private func wholeSize(
    _ name: String, _ index: PathIndex, at now: Instant
  ) throws(FileError) -> Int? {
    let path = watch.path(name)
    let hash = PathSet.hash(path)
    guard !index.contains(hash), let found = try spool.attributes(ofData: path) else {
      looks[name] = nil
      return nil
    }
    guard found.kind == .file else {
      looks[name] = nil
      foreign.insert(hash)
      return nil
    }
    var look = looks[name] ?? Look(since: now, first: now)
    if look.attributes != found {
      look.attributes = found
      look.since = now
    }
    looks[name] = look
    // An empty file counts as unfinished: many programs create a file, close it, and open it again
    // to write.
    let age: Duration
    switch look.told {
    case .movedIn where found.size > 0: age = .zero
    case .closed where found.size > 0: age = watch.minAge
    default: age = watch.settle
    }
    guard now - look.since >= age else { return nil }
    switch try spool.isBeingWritten(data: path) {
    case true?:
      // Another process has the file open. Its close will be told.
      if look.told != nil { looks[name]?.told = .created }
      return nil
    case nil where look.told == .created: return nil
    case false?, nil: return found.size
    }
  }
}
