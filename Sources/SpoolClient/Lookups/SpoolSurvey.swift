public import SpoolModel
public import SpoolStore

/// A spool as a whole at a moment, as ``SurveyReader`` has seen it.
public struct SpoolSurvey: Sendable {
  /// The time of the look.
  public var at: Timestamp
  /// The silence after which a pilot or a watcher counts as lost.
  public var deadAfter: Duration
  /// The fill in percent from which on the watcher holds tasks back; nil where the site sets none.
  public var highWater: Int?
  /// The record of the watcher; nil where there is none that can be read.
  public var watcher: WatcherRecord?
  /// The time since the watcher's heartbeat, by the clocks of the filesystem and of this host.
  public var watcherAge: Duration?
  /// What is wrong with the watcher, in words; nil if it is alive.
  public var warning: String?
  /// The tasks and chains that are not packed, the newest first, without their requests.
  public var pages: [TaskPage] = []
  /// The number of datasets.
  public var datasets = 0
  /// The jobs that lie in the queues.
  public var ready: [Queue: [JobName]] = [:]
  /// The pilots, by name.
  public var pilots: [PilotListing.Entry] = []
  /// The filesystem that the spool lies on; nil where it does not say.
  public var disk: FileSystemUsage?
  /// Jobs a second that ended, by task or chain in work; of those that were seen twice.
  public var rates: [Name: Double] = [:]
  /// Jobs a second that ended well lately, of all tasks; nil before that is known.
  public var rate: Double?

  /// The jobs that pilots have, by queue.
  public var running: [Queue: Int] {
    pilots.flatMap(\.claims).reduce(into: [:]) { $0[Queue(of: $1), default: 0] += 1 }
  }

  /// The numbers of which metrics are made.
  public var figures: SpoolFigures {
    var figures = SpoolFigures()
    figures.isWatched = warning == nil
    figures.watcherAge = watcherAge
    figures.turns = watcher?.turns
    figures.units = pages.map { page in
      SpoolFigures.Unit(
        name: page.name, isChain: page.chain != nil, state: page.state, jobs: page.jobs,
        outputs: page.task?.totals.outputs ?? FileTotals(),
        flow: page.task?.totals.report.flow ?? page.chain?.flow,
        cpu: page.task?.totals.cpu ?? .zero)
    }
    figures.datasets = datasets
    figures.ready = ready.mapValues(\.count)
    figures.running = running
    figures.pilots = pilots.map {
      SpoolFigures.Pilot(
        state: $0.condition(deadAfter: deadAfter), age: $0.age, slots: $0.record?.cpus ?? 0,
        busy: $0.record.map { $0.cpus - $0.freeCpus } ?? 0)
    }
    figures.rate = rate
    figures.disk = disk
    figures.highWater = highWater
    return figures
  }
}

/// Reads a spool as a whole, once or again and again: each time the pilots and the queues, and of the pages
/// only those that have changed.
public struct SurveyReader {
  private let spool: Spool
  private var rooms = TaskRooms()
  private var datasets = RoomLook(.datasets)
  private var pages: [Name: TaskPage] = [:]
  private var rates: [Name: JobRate] = [:]
  /// The jobs that were done, at each of the last looks.
  private var samples: [(at: Instant, done: Int)] = []
  private var tails = LedgerTails()
  private var looks = 0

  /// What was counted of attempts since the first look.
  public private(set) var counts = AttemptCounts()

  /// The time over which the rate of all jobs is taken, where looks are closer than that.
  private static let span = Duration.seconds(30)
  /// Lines of a ledger that a look reads. Looks may be far apart; ``LedgerTails/mostBehind`` is a limit, too.
  private static let mostLines = 500_000

  /// Makes a reader that has not looked yet.
  public init(_ spool: Spool) { self.spool = spool }

  /// Looks at the spool.
  public mutating func look() throws(FileError) -> SpoolSurvey {
    let time = SystemTime()
    var survey = SpoolSurvey(at: time.timestamp, deadAfter: spool.config.deadAfter)
    survey.highWater = spool.config.highWater
    survey.watcher = spool.watcherRecord()
    survey.watcherAge = try spool.watcherAttributes().map { max(.zero, survey.at - $0.modifiedAt) }
    survey.warning = WatcherProbe(spool).warning()
    try readPages(at: survey.at)
    survey.pages = pages.values.sorted {
      ($1.accepted, $0.name) < ($0.accepted, $1.name)
    }
    _ = try datasets.look(spool, at: survey.at)
    survey.datasets = datasets.names.count
    survey.pilots = try PilotListing(spool).pilots()
    for queue in Queue.allCases { survey.ready[queue] = try spool.readyJobs(queue, fresh: true) }
    survey.disk = try spool.usage()
    note(at: time.instant, &survey)
    looks += 1
    return survey
  }

  private mutating func readPages(at now: Timestamp) throws(FileError) {
    var changed: [Name] = []
    if let seen = try rooms.look(spool, at: now) {
      for name in Array(pages.keys) where !seen.names.contains(name) {
        pages[name] = nil
        rooms.forget(name)
      }
      for page in seen.changed {
        guard let read = read(page) else {
          rooms.forget(page)
          continue
        }
        pages[read.name] = read
        if read.task != nil { changed.append(read.name) }
      }
    }
    try readLedgers(changed)
  }

  private func read(_ page: Spool.Page) -> TaskPage? {
    guard var object = spool.read(page)?.object else { return nil }
    object["request"] = nil
    return TaskPage(.object(object))
  }

  private mutating func readLedgers(_ changed: [Name]) throws(FileError) {
    let inWork = pages.values.filter { $0.task != nil && !$0.state.hasEnded }.map(\.name)
    tails.follow(inWork: inWork, changed: changed, isFirst: looks == 0, spool)
    for name in tails.tasks {
      let task = Array(name.text.utf8)
      _ = try tails.read(name, spool, most: Self.mostLines) { line in
        if let head = LedgerHead(line, of: task) { counts.count(head, line) }
      }
    }
  }

  /// Takes the rates over this look and those before.
  private mutating func note(at now: Instant, _ survey: inout SpoolSurvey) {
    let live = survey.pages.filter { !$0.state.hasEnded }
    let names = Set(live.map(\.name))
    rates = rates.filter { names.contains($0.key) }
    for page in live {
      rates[page.name, default: JobRate()].note(page.jobs, at: now)
      survey.rates[page.name] = rates[page.name]?.perSecond(at: now)
    }
    let done = survey.pages.filter { $0.task != nil }.reduce(0) { $0 + $1.jobs.done }
    samples.append((now, done))
    // One that is older stays, so that looks which are far apart have a rate, too.
    while samples.count > 2, now - samples[1].at >= Self.span { samples.removeFirst() }
    guard let first = samples.first, now > first.at else { return }
    survey.rate = Double(max(0, done - first.done)) / (now - first.at).inSeconds
  }
}
