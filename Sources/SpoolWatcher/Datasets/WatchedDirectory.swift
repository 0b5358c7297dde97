internal import SpoolModel
internal import SpoolStore

/// What the watcher knows of one watched directory: which of its files are not whole yet. Of files
/// that joined it knows no more than that (``PathSet``).
final class WatchedDirectory {
  /// What events told of a file.
  private enum Told {
    case nothing
    /// It appeared, and whoever made it has not closed it.
    case created
    /// It was closed after writing, or moved in.
    case closed
  }

  private struct Look {
    var attributes: FileAttributes?
    /// The time since when it has stood still, and when it was seen first.
    var since: Instant
    var first: Instant
    var told = Told.nothing
  }

  /// A file that is whole.
  struct Arrival {
    var name: String
    var size: Int
  }

  let dataset: Name
  /// Which of the dataset's watches it is.
  let number: Int
  let watch: DirectoryWatch
  /// Names of files that mark the end, of all of the dataset's watches of this directory.
  var markers: Set<String> = []
  /// The time since when the dataset is to close.
  var closesSince: Timestamp? {
    didSet { if closesSince != oldValue { beginEnding() } }
  }
  private let spool: Spool
  private let turn: Turn
  /// Files that are not whole yet, as far as is known.
  private var looks: [String: Look] = [:]
  /// Names to be looked at.
  private var queue: [String] = []
  /// What was found to be no file, by hash; forgotten now and then, since it may become one.
  private var foreign = PathSet()
  private var forgetForeign = Instant.distantPast
  private var nextScan = Instant.distantPast
  private var nextLooks = Instant.distantPast
  /// How many scans in a row found nothing that is to join, since the dataset is to close.
  private var cleanScans = 0
  private(set) var hasMarker = false
  /// Why it cannot be looked through, in words; names that are not UTF-8.
  private(set) var trouble: String?
  private(set) var unreadable = 0

  /// How many names are looked at in a turn, and how many may wait to be or to become whole.
  static let mostLooks = 1000
  static let mostNames = 20_000
  /// A listing may omit what is there (R8): so many without anything new are believed.
  static let closingScans = 2
  /// A scan takes no more than this share of the time.
  static let share = 20
  static let foreignInterval = Duration.seconds(60)

  init(
    _ dataset: Name, _ number: Int, _ watch: DirectoryWatch, _ spool: Spool, _ turn: Turn
  ) {
    self.dataset = dataset
    self.number = number
    self.watch = watch
    self.spool = spool
    self.turn = turn
  }

  /// Time between two looks.
  private var interval: Duration { min(.seconds(2), max(.milliseconds(50), watch.settle / 4)) }

  /// How many files are known that have not joined.
  var pending: Int { max(looks.count, queue.count) }

  /// Whether all is in, as far as two scans can tell.
  var isThrough: Bool { closesSince != nil && cleanScans >= Self.closingScans }

  /// When it wants to look again.
  var nextDue: Instant {
    if !queue.isEmpty { return turn.now }
    return looks.isEmpty ? nextScan : min(nextScan, nextLooks)
  }

  private func beginEnding() {
    cleanScans = 0
    if closesSince != nil { nextScan = turn.now }
  }

  // MARK: Hints

  func hear(_ hints: DirectoryHints) {
    if hints.rescan {
      // The event that would tell of a close may be lost.
      for name in looks.keys where looks[name]?.told == .created { looks[name]?.told = .nothing }
      nextScan = turn.now
    }
    for (name, isWhole) in hints.names {
      if name == watch.closeOn { nextScan = turn.now }
      guard covers(name) else { continue }
      let now = turn.now
      let first = looks[name]?.first ?? now
      looks[name] = Look(since: now, first: first, told: isWhole ? .closed : .created)
      if isWhole { queue.append(name) }
    }
  }

  private func covers(_ name: String) -> Bool { watch.covers(name) && !markers.contains(name) }

  // MARK: Looking

  /// Looks through the directory, if it is time to.
  func scan(_ index: PathIndex, patience: Duration) throws(FileError) {
    guard queue.isEmpty else { return }
    guard turn.now >= nextScan else {
      if turn.now >= nextLooks { lookAgain() }
      return
    }
    let begun = turn.now
    if begun >= forgetForeign {
      foreign = PathSet()
      forgetForeign = begun + Self.foreignInterval
    }
    nextScan = begun + interval
    do throws(FileError) {
      unreadable = try spool.files.visit(watch.directory, fresh: true) { find($0, index) }
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
    lookAgain()
    let isEnding = isClean && closesSince != nil && !isThrough
    nextScan = isCut || isEnding ? turn.now : begun + max(interval, (turn.now - begun) * Self.share)
  }

  private func find(_ name: String, _ index: PathIndex) {
    if name == watch.closeOn { hasMarker = true }
    guard covers(name), looks[name] == nil, queue.count + looks.count < Self.mostNames else {
      return
    }
    let hash = PathSet.hash(watch.path(name))
    if !index.contains(hash), !foreign.contains(hash) { queue.append(name) }
  }

  private func lookAgain() {
    queue += looks.keys
    nextLooks = turn.now + interval
  }

  /// The files that are whole, of those that are looked at in one turn. They are `joined` when they
  /// are in the books.
  func arrivals(_ index: PathIndex, _ refused: (FileError) -> Void) -> [Arrival] {
    var arrivals: [String: Int] = [:]
    let names = queue.prefix(Self.mostLooks)
    for name in names where arrivals[name] == nil {
      do throws(FileError) {
        arrivals[name] = try wholeSize(name, index)
      } catch {
        // One file that cannot be looked at holds no other up.
        let now = turn.now
        looks[name] = looks[name] ?? Look(since: now, first: now)
        trouble = "\(error)"
        refused(error)
      }
    }
    queue.removeFirst(names.count)
    return arrivals.sorted { $0.key < $1.key }.map { Arrival(name: $0.key, size: $0.value) }
  }

  /// They are in the books.
  func joined(_ arrivals: [Arrival]) {
    for arrival in arrivals { looks[arrival.name] = nil }
  }

  /// They could not be written down.
  func putBack(_ arrivals: [Arrival]) { queue += arrivals.map(\.name) }

  /// Whether the marker is a file.
  func seesMarker() throws(FileError) -> Bool {
    guard hasMarker, let name = watch.closeOn else { return false }
    hasMarker = try spool.files.attributesIfPresent(watch.path(name))?.kind == .file
    return hasMarker
  }

  /// The size of a file that is whole; nil for what is not, or does not join.
  private func wholeSize(_ name: String, _ index: PathIndex) throws(FileError) -> Int? {
    let path = watch.path(name)
    let hash = PathSet.hash(path)
    guard !index.contains(hash), let found = try spool.files.attributesIfPresent(path) else {
      looks[name] = nil
      return nil
    }
    guard found.kind == .file else {
      looks[name] = nil
      foreign.insert(hash)
      return nil
    }
    let now = turn.now
    var look = looks[name] ?? Look(since: now, first: now)
    if look.attributes != found {
      look.attributes = found
      look.since = now
    }
    looks[name] = look
    // Many open a file, close it, and open it again to write.
    let isClosed = look.told == .closed && found.size > 0
    guard isClosed || now - look.since >= watch.settle else { return nil }
    switch try spool.files.isBeingWritten(path) {
    case true?:
      // Another has it open, whose close is yet to be told.
      if look.told == .closed { looks[name]?.told = .created }
      return nil
    case nil where look.told == .created: return nil
    case false?, nil: return found.size
    }
  }
}
