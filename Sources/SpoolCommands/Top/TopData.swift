internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// What `spool top` knows of a spool at a moment.
struct TopData {
  /// The directory of the spool.
  var place = ""
  /// What is wrong with the watcher, in words; nil if it is alive.
  var warning: String?
  /// The tasks and chains that have not ended, then the newest that have.
  var pages: [TaskPage] = []
  /// The number of those that have ended and are not among `pages`.
  var more = 0
  var pilots: [PilotListing.Entry] = []
  /// Jobs per second that ended, by task or chain; of those that were seen twice.
  var rates: [Name: Double] = [:]
}

/// Reads a spool for `spool top`, again and again: pages of tasks in work each time, those of tasks that
/// ended once. So a spool with thousands of ended tasks costs a look no more than a listing.
struct TopReader {
  private let spool: Spool
  private let place: String
  /// The pages of tasks that ended.
  private var ended: [Name: TaskPage] = [:]
  private var seen: [Name: JobRate] = [:]

  /// The most ended tasks that are shown.
  static let mostEnded = 200

  init(_ spool: Spool, at place: String) {
    self.spool = spool
    self.place = place
  }

  /// Looks at the spool.
  mutating func look() throws(FileError) -> TopData {
    spool.refresh([.running, .done, .failed])
    var data = TopData(place: place, warning: WatcherProbe(spool).warning())
    let lookup = TaskLookup(spool)
    var live: [TaskPage] = []
    var over: [Name] = []
    // A page of a task that ends is written before the other goes: so this order.
    let active = try spool.pages(in: .running, fresh: true)
    for isFailed in [false, true] {
      over += try spool.pages(in: .outcome(failed: isFailed), fresh: true)
    }
    let isOver = Set(over)
    for name in active where !isOver.contains(name) {
      if let page = lookup.page(of: name) { live.append(page) }
    }
    ended = ended.filter { isOver.contains($0.key) }
    var unread = 0
    for name in over.reversed() where ended[name] == nil {
      guard unread < Self.mostEnded else { break }
      unread += 1
      if let page = lookup.page(of: name) { ended[name] = page }
    }
    let shown = Set(live.compactMap(\.chain).flatMap(\.steps).map(\.task))
    let newest = ended.values.sorted {
      ($1.ended ?? $1.accepted, $0.name) < ($0.ended ?? $0.accepted, $1.name)
    }
    .prefix(Self.mostEnded)
    data.pages = (live + newest).filter { $0.chain != nil || !shown.contains($0.name) }
    data.more = over.count - newest.count
    data.pilots = try PilotListing(spool).pilots()
    data.rates = rates(live)
    return data
  }

  private mutating func rates(_ pages: [TaskPage]) -> [Name: Double] {
    let now = SystemTime().instant
    let names = Set(pages.map(\.name))
    seen = seen.filter { names.contains($0.key) }
    var rates: [Name: Double] = [:]
    for page in pages {
      seen[page.name, default: JobRate()].note(page.jobs, at: now)
      rates[page.name] = seen[page.name]?.perSecond(at: now)
    }
    return rates
  }
}
