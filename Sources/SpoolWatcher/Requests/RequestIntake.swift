internal import DequeModule
internal import SpoolModel
internal import SpoolStore

/// Takes requests from `incoming/`, reads them, and answers each. In come files; out go records by
/// way of the registrations, or a refusal with a reason beside the request. A request is dropped
/// only after the commit that answers it (R6).
final class RequestIntake: Stage {
  private let spool: Spool
  private let registration: TaskRegistration
  private let chainRegistration: ChainRegistration
  private let orders: TaskOrders
  private let datasetRequests: DatasetRequests
  private let looks: IncomingFiles
  /// The epoch of this watcher (R7).
  private let epoch: Int
  private var number: Int
  private var nextAdoption = Instant.distantPast
  /// Requests that are taken and not read yet.
  private var queue: Deque<Spool.Taken> = []
  /// Requests that the filesystem refused, or that wait for their task. The next scan tries them
  /// again.
  private var later: [Spool.Taken] = []
  /// The manifest that is being added.
  private var intake: ManifestIntake?
  private let paths: DatasetPaths
  private let appender: CatalogueAppender
  /// Requests that may be dropped once the journal is committed.
  private var answered: [Spool.Taken] = []
  /// Requests that a former watcher had taken.
  private var inherited: Set<Spool.Taken> = []
  /// The number of full scans that found no half-written file worth waiting for.
  private(set) var scans = 0
  /// A request that cannot be taken, with its attributes at the last try.
  private struct Stuck {
    var attributes: FileAttributes
    var told: Spool.Foreign
  }
  private var stuck: [String: Stuck] = [:]
  /// A scan that goes on in the next turn, because there was no time for all of it.
  private struct Scan {
    /// The first name that is yet to be looked at.
    var next = ""
    var fresh = false
    var closed: Set<String> = []
    var stuck: [String: Stuck] = [:]
    var foreign: [Spool.Foreign] = []
  }
  private var unfinished: Scan?
  /// Orders whose task does not exist yet, with the time of the first try.
  private var early: [Spool.Taken: Instant] = [:]
  /// Entries of `incoming/` that are no requests, and requests that cannot be taken.
  private var untaken: [Spool.Foreign] = []

  /// Returns the entries of `incoming/` that are not taken, for people.
  func foreign(at now: Instant) -> [Spool.Foreign] { untaken + looks.slow(at: now) }

  init(
    _ spool: Spool, epoch: Int, registration: TaskRegistration, orders: TaskOrders,
    datasetRequests: DatasetRequests, paths: DatasetPaths, appender: CatalogueAppender
  ) {
    self.spool = spool
    self.epoch = epoch
    self.registration = registration
    self.orders = orders
    self.datasetRequests = datasetRequests
    self.paths = paths
    self.appender = appender
    chainRegistration = ChainRegistration(registration: registration)
    looks = IncomingFiles(spool)
    number = epoch * Self.numbers
  }

  /// The count of numbers of each epoch. So no two watchers give two requests the same name (R7).
  static let numbers = 1_000_000
  /// The time between two looks for requests that a former watcher took.
  static let adoptInterval = Duration.seconds(60)

  /// Takes over requests that former watchers took and did not answer. A former watcher may have
  /// been about to take another, so this is repeated now and then (R7).
  func adopt(_ turn: Turn) throws(FileError) {
    let found = try spool.takenRequests().filter {
      $0.number / Self.numbers != epoch && !inherited.contains($0)
    }
    queue += found
    inherited.formUnion(found)
    nextAdoption = turn.now + Self.adoptInterval
  }

  func nextDue(_ turn: Turn) -> Instant? {
    isBusy || hasAnswered || isScanning ? .distantPast : nil
  }

  /// True while a scan of `incoming/` is to go on.
  var isScanning: Bool { unfinished != nil }
  /// True while there is more to do without any new event.
  var isBusy: Bool { intake != nil || !queue.isEmpty }
  /// True while a request is half-written, or waits to be tried again.
  var isWatching: Bool { !looks.isEmpty || !later.isEmpty }
  /// True while a request that is taken may yet concern a dataset.
  var hasPending: Bool { isBusy || isScanning || !later.isEmpty }

  /// Takes the whole requests in `incoming/`. `closed` are the names that an event said were closed
  /// or moved in.
  func scan(closed: Set<String>, fresh: Bool, _ turn: Turn) throws {
    var scan = unfinished ?? Scan()
    scan.closed.formUnion(closed)
    // A full scan that is asked for on the way begins anew, because it counts.
    if fresh, !scan.fresh {
      scan.fresh = true
      scan.next = ""
      scan.foreign = []
    }
    try look(&scan, turn)
    guard unfinished == nil else { return }
    stuck = scan.stuck
    untaken = scan.foreign + stuck.values.map(\.told).sorted { $0.name < $1.name }
    guard scan.fresh else { return }
    if turn.now >= nextAdoption { try adopt(turn) }
    if !looks.holdsUp(at: turn.now) { scans += 1 }
    queue += later
    later = []
  }

  /// Goes on with a scan, as long as the turn has time.
  private func look(_ scan: inout Scan, _ turn: Turn) throws {
    let budget = turn.budget()
    let seen = try spool.incoming(fresh: scan.fresh, from: scan.next) { budget.isOver }
    looks.keep(only: seen.names)
    scan.foreign += seen.foreign
    var rest = seen.rest
    for (number, dropped) in seen.requests.enumerated() {
      if number > 0, budget.isOver {
        rest = dropped.name
        break
      }
      scan.stuck[dropped.name] = try look(at: dropped, scan, turn)
    }
    if let rest { scan.next = rest }
    unfinished = rest == nil ? nil : scan
  }

  /// Looks at a request, and takes it if it is whole. Returns what keeps it from being taken.
  private func look(at dropped: Spool.Dropped, _ scan: Scan, _ turn: Turn) throws -> Stuck? {
    let known = stuck[dropped.name].flatMap { $0.attributes == dropped.attributes ? $0 : nil }
    if let known, !scan.fresh { return known }
    let isClosed = scan.closed.contains(dropped.name)
    guard try known != nil || looks.look(at: dropped, closed: isClosed, at: turn.now) else {
      return nil
    }
    return try take(dropped, turn)
  }

  /// Takes a request. If its permissions forbid that, it holds up no other: pages show it, and a
  /// full scan tries again.
  private func take(_ dropped: Spool.Dropped, _ turn: Turn) throws -> Stuck? {
    // A watcher that was replaced must take nothing, because nobody would look for the request soon
    // (R7).
    try turn.checkLeaseOnce()
    do throws(FileError) {
      if let taken = try spool.takeRequest(dropped.name, number: nextNumber()) {
        queue.append(taken)
      }
      return nil
    } catch {
      guard error.isLasting else { throw error }
      return Stuck(
        attributes: dropped.attributes, told: Spool.Foreign(name: dropped.name, why: "\(error)"))
    }
  }

  private func nextNumber() -> Int {
    defer { number += 1 }
    return number
  }

  /// Answers the taken requests, as many as one turn allows. Returns true if anything was done.
  func answer(_ turn: Turn) throws -> Bool {
    var hasWorked = false
    let budget = turn.budget()
    for _ in 0..<100 where !hasWorked || !budget.isOver {
      if intake != nil {
        hasWorked = true
        if try continueIntake(turn) { continue }
        return true
      }
      guard !queue.isEmpty else { return hasWorked }
      hasWorked = true
      let taken = queue.removeFirst()
      do {
        try handle(taken, turn)
      } catch let error as FileError {
        postpone(taken, error, turn)
      }
    }
    return hasWorked
  }

  /// The time for which an order waits for its task, because files that are dropped together arrive
  /// in any order.
  static let patience = Duration.seconds(4)

  /// Carries out an order about a task or dataset. If the name is not known yet, the order waits
  /// for a while. If the order was accepted before a crash, it is only dropped.
  private func obey(
    _ taken: Spool.Taken, about name: Name, isThere: Bool, _ digest: String, _ turn: Turn,
    _ body: (_ owner: Int, _ key: String) throws -> Void
  ) throws {
    let key = SpoolState.key(name, taken.name, digest)
    if inherited.contains(taken), turn.state.answered.contains(key) {
      answered.append(taken)
      return
    }
    if !isThere {
      let since = early[taken] ?? turn.now
      early[taken] = since
      if turn.now - since < Self.patience { return later.append(taken) }
    }
    early[taken] = nil
    let owner = try spool.attributes(of: taken).owner
    try body(Int(owner), key)
    answered.append(taken)
  }

  /// The time for which a request waits for names that are being freed.
  static let freeing = Duration.seconds(300)

  /// Returns true if one of the names that a request needs is being freed, because its former holder
  /// was forgotten. The request waits for that then.
  private func isEarly(_ taken: Spool.Taken, for names: Set<Name>, _ turn: Turn) -> Bool {
    let state = turn.state
    let isLeaving = names.contains {
      state.retiring.contains($0) || state.packed[$0]?.phase == .removing
    }
    let since = early[taken] ?? turn.now
    guard isLeaving, turn.now - since < Self.freeing else {
      early[taken] = nil
      return false
    }
    early[taken] = since
    later.append(taken)
    return true
  }

  /// Keeps a request that cannot be read for the next scan. It holds up no other.
  private func postpone(_ taken: Spool.Taken, _ error: FileError, _ turn: Turn) {
    turn.note(error, taken.name)
    later.append(taken)
  }

  /// Adds a stretch of the present manifest. Returns true if the manifest is finished with.
  private func continueIntake(_ turn: Turn) throws -> Bool {
    guard let intake else { return true }
    do {
      switch try intake.step(turn) {
      case .working: return false
      case .accepted:
        answered.append(intake.manifest.taken)
      case .refused(let error): try refuse(intake.manifest.taken, error, turn)
      }
    } catch let error as FileError {
      // The next try goes on from what the journal counts. The index may hold paths that were not
      // added.
      paths.drop(intake.manifest.header.name)
      postpone(intake.manifest.taken, error, turn)
    }
    intake.close()
    self.intake = nil
    return true
  }

  /// Moves a request aside with the reason, where its sender finds it.
  private func refuse(_ taken: Spool.Taken, _ error: RequestError, _ turn: Turn) throws {
    try turn.checkLease()
    let path = try spool.refuse(taken, error.description)
    turn.say("refused \(taken.name): \(error) (see \(path).reason)")
  }

  /// Reads one request, and answers it or begins to add its manifest.
  private func handle(_ taken: Spool.Taken, _ turn: Turn) throws {
    do {
      let owner = try owner(of: taken)
      if taken.name.hasSuffix(".jsonl") {
        try beginLines(taken, turn)
      } else {
        try read(taken, owner, turn)
      }
    } catch let error as RequestError {
      try refuse(taken, error, turn)
    } catch let error as FileError where error.isMissing {
      turn.say("\(taken.name) is gone before it was read")
    } catch let error as FileError where error.isTooLarge {
      try refuse(taken, RequestError("larger than 16 MiB: \(Limits.manyFiles)"), turn)
    } catch let error as FileError where error.isNotAFile {
      // Somebody put something else in its place between the look and the taking.
      try refuse(taken, RequestError("no file: \(error)"), turn)
    } catch let error as FileError where error.isLasting {
      try refuse(taken, RequestError("the watcher may not read it: \(error)"), turn)
    }
  }

  /// Returns the owner of a request's file. Throws if the file has two names, because anybody can
  /// link another person's file into `incoming/`, so the owner may not be the sender.
  private func owner(of taken: Spool.Taken) throws -> UInt32 {
    let attributes = try spool.attributes(of: taken)
    guard attributes.kind == .file else { throw RequestError("it is no file") }
    guard attributes.links == 1 else {
      throw RequestError(
        "it is a hard link (\(attributes.links) names): copy the file, so that it is yours")
    }
    return attributes.owner
  }

  private func read(_ taken: Spool.Taken, _ owner: UInt32, _ turn: Turn) throws {
    let bytes = try spool.read(taken)
    let digest = CRC32.hex(bytes)
    switch try Request(bytes, root: spool.dataRoot, config: spool.config) {
    case .task(let spec):
      if isEarly(taken, for: spec.datasets.union([spec.name]), turn) { return }
      let isKnown = inherited.contains(taken)
      try registration.register(spec, owner: Int(owner), digest: digest, mayBeKnown: isKnown, turn)
      answered.append(taken)
    case .chain(let spec):
      let steps = spec.steps.reduce(into: Set([spec.name])) {
        $0.formUnion($1.task.datasets.union([$1.task.name]))
      }
      if isEarly(taken, for: steps, turn) { return }
      let isKnown = inherited.contains(taken)
      try chainRegistration.register(
        spec, owner: Int(owner), digest: digest, mayBeKnown: isKnown, turn)
      answered.append(taken)
    case .dataset(let request):
      if isEarly(taken, for: [request.header.name], turn) { return }
      let manifest = ManifestIntake.Manifest(
        taken: taken, header: request.header, digest: digest, owner: Int(owner))
      guard try isNew(manifest, turn) else { return }
      intake = try begin(manifest, .list(request.files), turn)
    case .control(let request):
      let isThere =
        !turn.state.meant(by: request.task).isEmpty || turn.state.packed[request.task] != nil
      try obey(taken, about: request.task, isThere: isThere, digest, turn) {
        try orders.accept(request, owner: $0, key: $1, turn)
      }
    case .delete(let request):
      let isThere = turn.state.datasets[request.dataset] != nil
      try obey(taken, about: request.dataset, isThere: isThere, digest, turn) {
        try datasetRequests.delete(request, owner: $0, key: $1, turn)
      }
    }
  }

  /// Begins to add a manifest in JSONL, after it has read the header.
  private func beginLines(_ taken: Spool.Taken, _ turn: Turn) throws {
    let file = try spool.open(taken)
    let attributes = try file.attributes()
    var reader = LineReader(file, from: 0, to: attributes.size, longest: Limits.manifestLine)
    let first: LineReader.Line?
    let header: ManifestHeader
    do {
      first = try Self.firstLine(&reader)
      header = try Self.header(first?.bytes ?? [], root: spool.dataRoot)
    } catch {
      try? file.close()
      throw error
    }
    let manifest = ManifestIntake.Manifest(
      taken: taken, header: header, digest: "\(attributes.size)-\(attributes.modified)",
      owner: Int(attributes.owner))
    guard !isEarly(taken, for: [header.name], turn), try isNew(manifest, turn) else {
      return try file.close()
    }
    intake = try begin(
      manifest, .lines(file, from: first?.next ?? 0, size: attributes.size), turn)
  }

  /// Returns the intake of a manifest, which goes on after the entries that the journal counts.
  private func begin(
    _ manifest: ManifestIntake.Manifest, _ source: ManifestIntake.Source, _ turn: Turn
  ) throws(FileError) -> ManifestIntake {
    ManifestIntake(
      spool, manifest, source, paths: try paths.index(manifest.header.name, turn),
      appender: appender, added: turn.state.partial[manifest.key] ?? 0)
  }

  private static func firstLine(_ reader: inout LineReader) throws -> LineReader.Line? {
    do throws(FileError) {
      return try reader.next()
    } catch {
      guard error.isTooLarge else { throw error }
      throw RequestError(line: 1, ManifestIntake.tooLong)
    }
  }

  private static func header(_ line: [UInt8], root: String) throws(RequestError) -> ManifestHeader {
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(line)
    } catch {
      throw RequestError(error)
    }
    return try ManifestHeader(line: json, root: root)
  }

  /// Returns true if a manifest is to be added; false if it was accepted before a crash. Throws if
  /// the dataset cannot take it.
  private func isNew(
    _ manifest: ManifestIntake.Manifest, _ turn: Turn
  ) throws(RequestError) -> Bool {
    if inherited.contains(manifest.taken), turn.state.answered.contains(manifest.key) {
      answered.append(manifest.taken)
      return false
    }
    try datasetRequests.check(manifest.header, turn)
    return true
  }

  /// Drops what is known of the paths of a dataset that is forgotten.
  func noteForgotten(dataset: Name) { paths.drop(dataset) }

  /// Returns true while a manifest is being added to a dataset. No other file may join meanwhile,
  /// because the manifest's paths are compared only with those that the dataset has.
  func isTaking(_ dataset: Name, _ turn: Turn) -> Bool {
    intake?.manifest.header.name == dataset
      || turn.state.partial.keys.contains { $0.hasPrefix("\(dataset) ") }
  }

  // MARK: After the commit

  /// True while requests wait to be dropped.
  var hasAnswered: Bool { !answered.isEmpty }

  /// Drops the answered requests, which are in the journal now.
  func dropAnswered(_ turn: Turn) throws(FileError) {
    let budget = turn.budget()
    while let taken = answered.last {
      try spool.dropTaken(taken)
      answered.removeLast()
      inherited.remove(taken)
      if budget.isOver { break }
    }
  }
}
