internal import DequeModule
internal import SpoolModel
internal import SpoolStore

/// Takes requests from `incoming/`, reads them, and answers each: it is registered, added to a
/// dataset, or refused with a reason.
final class RequestIntake: Stage {
  private let spool: Spool
  private let turn: Turn
  private let registration: TaskRegistration
  private let chainRegistration: ChainRegistration
  private let orders: TaskOrders
  private let datasetRequests: DatasetRequests
  private let looks: IncomingFiles
  private var number: Int
  private var nextAdoption = Instant.distantPast
  /// Requests that are taken, and not yet looked at.
  private var queue: Deque<Spool.Taken> = []
  /// Requests of which the filesystem refused something: looked at again after the next scan.
  private var later: [Spool.Taken] = []
  /// The manifest that is being taken in.
  private var intake: ManifestIntake?
  private let paths: DatasetPaths
  /// Requests that may be dropped once the journal has them.
  private var answered: [Spool.Taken] = []
  /// Requests that a former watcher had taken already.
  private var inherited: Set<Spool.Taken> = []
  /// How many full scans found nothing half-written that is worth waiting for.
  private(set) var scans = 0
  /// A request that cannot be taken, as it was when that was tried.
  private struct Stuck {
    var attributes: FileAttributes
    var told: Spool.Foreign
  }
  private var stuck: [String: Stuck] = [:]
  /// The time since when orders wait for their task to come.
  private var early: [Spool.Taken: Instant] = [:]
  /// What lies in `incoming/` and is no request, and requests that cannot be taken.
  private var untaken: [Spool.Foreign] = []

  /// What lies in `incoming/` and is not taken.
  var foreign: [Spool.Foreign] { untaken + looks.slow }

  init(
    _ spool: Spool, _ turn: Turn, registration: TaskRegistration, orders: TaskOrders,
    datasetRequests: DatasetRequests, paths: DatasetPaths
  ) throws(FileError) {
    self.spool = spool
    self.turn = turn
    self.registration = registration
    self.orders = orders
    self.datasetRequests = datasetRequests
    self.paths = paths
    chainRegistration = ChainRegistration(turn, registration: registration)
    looks = IncomingFiles(spool, turn)
    number = turn.commit.epoch * Self.numbers
    try adopt()
  }

  /// How many numbers each epoch has: no two watchers give a request one name (R7).
  static let numbers = 1_000_000
  /// Time between two looks for what a former watcher took.
  static let adoptInterval = Duration.seconds(60)

  /// What former watchers took and did not finish with. One that was replaced may have been about
  /// to take something more, so it is looked for again now and then.
  private func adopt() throws(FileError) {
    let found = try spool.takenRequests().filter {
      $0.number / Self.numbers != turn.commit.epoch && !inherited.contains($0)
    }
    queue += found
    inherited.formUnion(found)
    nextAdoption = turn.now + Self.adoptInterval
  }

  var nextDue: Instant? { isBusy ? .distantPast : nil }

  /// Whether there is more to do without anything new happening.
  var isBusy: Bool { intake != nil || !queue.isEmpty }
  /// Whether a request is half-written, or waits for the filesystem.
  var isWatching: Bool { !looks.isEmpty || !later.isEmpty }
  /// Whether something that was taken may yet concern a dataset.
  var hasPending: Bool { isBusy || !later.isEmpty }

  /// Takes what is complete in `incoming/`. `closed` are names that an event said were written.
  func scan(closed: Set<String>, fresh: Bool) throws {
    let listing = try spool.incoming(fresh: fresh)
    looks.keep(only: listing.requests.map(\.name))
    var stuck: [String: Stuck] = [:]
    for dropped in listing.requests {
      let known = self.stuck[dropped.name].flatMap {
        $0.attributes == dropped.attributes ? $0 : nil
      }
      if let known, !fresh {
        stuck[dropped.name] = known
      } else if try known != nil
        || looks.isComplete(dropped, closed: closed.contains(dropped.name))
      {
        stuck[dropped.name] = try take(dropped)
      }
    }
    self.stuck = stuck
    untaken = listing.foreign + stuck.values.map(\.told).sorted { $0.name < $1.name }
    if fresh, turn.now >= nextAdoption { try adopt() }
    if !looks.holdsUp, fresh { scans += 1 }
    if fresh {
      queue += later
      later = []
    }
  }

  /// One that nobody may move holds no other up: it is told, and tried again.
  private func take(_ dropped: Spool.Dropped) throws -> Stuck? {
    // A watcher that is none any more must take nothing: nobody would look for it (R7).
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

  /// Answers what was taken, as far as one turn goes. Returns whether anything was done.
  func answer() throws -> Bool {
    var hasWorked = false
    for _ in 0..<100 {
      if intake != nil {
        hasWorked = true
        if try continueIntake() { continue }
        return true
      }
      guard !queue.isEmpty else { return hasWorked }
      hasWorked = true
      let taken = queue.removeFirst()
      do {
        try handle(taken)
      } catch let error as FileError {
        postpone(taken, error)
      }
    }
    return hasWorked
  }

  /// How long an order waits for its task: what is dropped together comes in no order.
  static let patience = Duration.seconds(4)

  /// Obeys an order about something of this name, if it is there and the order is a new one.
  private func obey(
    _ taken: Spool.Taken, about name: Name, isThere: Bool, _ digest: String,
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
    let owner = try spool.files.attributes(of: spool.path(taken)).owner
    try body(Int(owner), key)
    answered.append(taken)
  }

  /// Nothing that was taken is forgotten, and one that cannot be read holds no other up.
  private func postpone(_ taken: Spool.Taken, _ error: FileError) {
    turn.note(error, taken.name)
    later.append(taken)
  }

  /// A stretch of the manifest in hand. Returns whether it is through with it.
  private func continueIntake() throws -> Bool {
    guard let intake else { return true }
    do {
      switch try intake.step() {
      case .working: return false
      case .accepted:
        answered.append(intake.taken)
      case .refused(let error): try refuse(intake.taken, error)
      }
    } catch let error as FileError {
      // It goes on where the books say it was; the index may hold what was not added.
      paths.forget(intake.header.name)
      postpone(intake.taken, error)
    }
    intake.close()
    self.intake = nil
    return true
  }

  private func refuse(_ taken: Spool.Taken, _ error: RequestError) throws {
    try turn.checkLease()
    let path = try spool.refuse(taken, error.description)
    turn.say("refused \(taken.name): \(error) (see \(path).reason)")
  }

  private func handle(_ taken: Spool.Taken) throws {
    do {
      let owner = try owner(of: taken)
      if taken.name.hasSuffix(".jsonl") { try beginLines(taken) } else { try read(taken, owner) }
    } catch let error as RequestError {
      try refuse(taken, error)
    } catch let error as FileError where error.isMissing {
      turn.say("\(taken.name) is gone before it was read")
    } catch let error as FileError where error.isTooLarge {
      try refuse(taken, RequestError("larger than 16 MiB: \(Limits.manyFiles)"))
    } catch let error as FileError where error.isNotAFile {
      // Something else was put in its place between the look at it and its being taken.
      try refuse(taken, RequestError("no file: \(error)"))
    } catch let error as FileError where error.isLasting {
      try refuse(taken, RequestError("the watcher may not read it: \(error)"))
    }
  }

  /// Who has written it. Of a file with two names that is not certain: anybody may give a name in
  /// `incoming/` to a file that is another's.
  private func owner(of taken: Spool.Taken) throws -> UInt32 {
    let attributes = try spool.files.attributes(of: spool.path(taken))
    guard attributes.kind == .file else { throw RequestError("it is no file") }
    guard attributes.links == 1 else {
      throw RequestError(
        "it is a hard link (\(attributes.links) names): copy the file, so that it is yours")
    }
    return attributes.owner
  }

  private func read(_ taken: Spool.Taken, _ owner: UInt32) throws {
    let path = spool.path(taken)
    let bytes = try spool.files.read(path, limit: Limits.request)
    let digest = CRC32.hex(bytes)
    switch try Request(bytes, root: spool.dataRoot) {
    case .task(let spec):
      let isKnown = inherited.contains(taken)
      try registration.register(spec, owner: Int(owner), digest: digest, mayBeKnown: isKnown)
      answered.append(taken)
    case .chain(let spec):
      let isKnown = inherited.contains(taken)
      try chainRegistration.register(spec, owner: Int(owner), digest: digest, mayBeKnown: isKnown)
      answered.append(taken)
    case .dataset(let manifest):
      guard try isNew(manifest.header, taken, digest) else { return }
      intake = ManifestIntake(
        spool, turn, taken, manifest, owner: Int(owner), digest: digest,
        paths: try paths.index(manifest.header.name))
    case .control(let request):
      let isThere =
        !turn.state.meant(by: request.task).isEmpty || turn.state.packed[request.task] != nil
      try obey(taken, about: request.task, isThere: isThere, digest) {
        try orders.accept(request, owner: $0, key: $1)
      }
    case .delete(let request):
      let isThere = turn.state.datasets[request.dataset] != nil
      try obey(taken, about: request.dataset, isThere: isThere, digest) {
        try datasetRequests.delete(request, owner: $0, key: $1)
      }
    }
  }

  private func beginLines(_ taken: Spool.Taken) throws {
    let file = try spool.files.open(spool.path(taken), .read)
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
    let digest = "\(attributes.size)-\(attributes.modified)"
    guard try isNew(header, taken, digest) else { return try file.close() }
    intake = ManifestIntake(
      spool, turn, taken, header, file, attributes: attributes, firstByte: first?.next ?? 0,
      digest: digest, paths: try paths.index(header.name))
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

  /// Whether a manifest may be taken in; false where it is in already, after a crash.
  private func isNew(
    _ header: ManifestHeader, _ taken: Spool.Taken, _ digest: String
  ) throws(RequestError) -> Bool {
    let key = SpoolState.key(header.name, taken.name, digest)
    if inherited.contains(taken), turn.state.answered.contains(key) {
      answered.append(taken)
      return false
    }
    try datasetRequests.check(header)
    return true
  }

  /// Whether a manifest of a dataset is being taken in: it was, or will be, compared with what the
  /// dataset has, so nothing else may join meanwhile.
  func isTaking(_ dataset: Name) -> Bool {
    intake?.header.name == dataset
      || turn.state.partial.keys.contains { $0.hasPrefix("\(dataset) ") }
  }

  // MARK: After the commit

  /// Whether requests are to be dropped.
  var hasAnswered: Bool { !answered.isEmpty }

  /// Drops the requests that are in the journal now.
  func dropAnswered() throws(FileError) {
    while let taken = answered.last {
      try spool.dropTaken(taken)
      answered.removeLast()
      inherited.remove(taken)
    }
  }
}
