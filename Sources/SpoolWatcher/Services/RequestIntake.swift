internal import SpoolModel
internal import SpoolStore

/// Takes requests from `incoming/`, reads them, and answers each: it is registered, added to a
/// dataset, or refused with a reason.
final class RequestIntake {
  private let books: Books
  private let tasks: TaskManager
  private let looks: IncomingLooks
  private var number: Int
  private var nextAdoption = 0
  /// Requests that are taken, and not yet looked at.
  private var queue: [Spool.Taken] = []
  /// Requests of which the filesystem refused something: looked at again after the next scan.
  private var later: [Spool.Taken] = []
  /// The manifest that is being taken in.
  private var intake: ManifestIntake?
  private var paths: [Name: PathIndex] = [:]
  /// Requests that may be dropped once the journal has them.
  private var answered: [Spool.Taken] = []
  /// Requests that a former watcher had taken already.
  private var inherited: Set<Spool.Taken> = []
  /// How many full scans found nothing half-written.
  private(set) var scans = 0
  /// What lies in `incoming/` and is no request.
  private(set) var foreign: [String] = []

  init(_ books: Books, tasks: TaskManager) throws(FileError) {
    self.books = books
    self.tasks = tasks
    looks = IncomingLooks(books)
    number = books.epoch * Self.numbers
    try adopt()
  }

  /// How many numbers each epoch has: no two watchers give a request one name (R7).
  static let numbers = 1_000_000
  /// Milliseconds between two looks for what a former watcher took.
  static let adoptInterval = 60_000

  /// What former watchers took and did not finish with. One that was replaced may have been about
  /// to take something more, so it is looked for again now and then.
  private func adopt() throws(FileError) {
    let found = try books.spool.takenRequests().filter {
      $0.number / Self.numbers != books.epoch && !inherited.contains($0)
    }
    queue += found
    inherited.formUnion(found)
    nextAdoption = books.time.now + Self.adoptInterval
  }

  /// Whether there is more to do without anything new happening.
  var isBusy: Bool { intake != nil || !queue.isEmpty }
  /// Whether a request is half-written, or waits for the filesystem.
  var isWatching: Bool { !looks.isEmpty || !later.isEmpty }
  /// Whether something that was taken may yet concern a dataset.
  var hasPending: Bool { isBusy || !later.isEmpty }

  /// Takes what is complete in `incoming/`. `closed` are names that an event said were written.
  func scan(closed: Set<String>, fresh: Bool) throws {
    let listing = try books.spool.incoming(fresh: fresh)
    foreign = listing.foreign
    looks.keep(only: listing.requests.map(\.name))
    var isChecked = false
    for dropped in listing.requests {
      guard try looks.isComplete(dropped, closed: closed.contains(dropped.name)) else { continue }
      // A watcher that is none any more must take nothing: nobody would look for it (R7).
      if !isChecked { try books.checkLease() }
      isChecked = true
      if let taken = try books.spool.takeRequest(dropped.name, number: nextNumber()) {
        queue.append(taken)
      }
    }
    if fresh, books.time.now >= nextAdoption { try adopt() }
    if looks.isEmpty, fresh { scans += 1 }
    if fresh {
      queue += later
      later = []
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

  /// Nothing that was taken is forgotten, and one that cannot be read holds no other up.
  private func postpone(_ taken: Spool.Taken, _ error: FileError) {
    books.troubles.note(error, taken.name)
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
      paths[intake.header.name] = nil
      postpone(intake.taken, error)
    }
    intake.close()
    self.intake = nil
    return true
  }

  private func refuse(_ taken: Spool.Taken, _ error: RequestError) throws {
    try books.checkLease()
    let path = try books.spool.refuse(taken, error.description)
    books.say("refused \(taken.name): \(error) (see \(path).reason)")
  }

  private func handle(_ taken: Spool.Taken) throws {
    do {
      let owner = try owner(of: taken)
      if taken.name.hasSuffix(".jsonl") { try beginLines(taken) } else { try read(taken, owner) }
    } catch let error as RequestError {
      try refuse(taken, error)
    } catch let error as FileError where error.isMissing {
      books.say("\(taken.name) is gone before it was read")
    } catch let error as FileError where error.isTooLarge {
      let limit = Units.text(bytes: Limits.request)
      try refuse(
        taken, RequestError("larger than \(limit): list many files in a NAME.jsonl manifest"))
    } catch let error as FileError where error.code == 13 {
      try refuse(taken, RequestError("the watcher may not read it: \(error)"))
    }
  }

  /// Who has written it. Of a file with two names that is not certain: anybody may give a name in
  /// `incoming/` to a file that is another's.
  private func owner(of taken: Spool.Taken) throws -> UInt32 {
    let attributes = try books.spool.files.attributes(of: books.spool.path(taken))
    guard attributes.kind == .file else { throw RequestError("it is no file") }
    guard attributes.links == 1 else {
      throw RequestError(
        "it is a hard link (\(attributes.links) names): copy the file, so that it is yours")
    }
    return attributes.owner
  }

  private func read(_ taken: Spool.Taken, _ owner: UInt32) throws {
    let path = books.spool.path(taken)
    let bytes = try books.spool.files.read(path, limit: Limits.request)
    let digest = CRC32.hex(bytes)
    switch try Request(bytes, root: books.spool.dataRoot) {
    case .task(let spec):
      let isKnown = inherited.contains(taken)
      try tasks.register(spec, owner: Int(owner), digest: digest, mayBeKnown: isKnown)
      answered.append(taken)
    case .dataset(let manifest):
      guard try isNew(manifest.header, taken, digest) else { return }
      intake = ManifestIntake(
        books, taken, manifest, digest: digest, paths: try index(manifest.header.name))
    }
  }

  private func beginLines(_ taken: Spool.Taken) throws {
    let file = try books.spool.files.open(books.spool.path(taken), .read)
    let attributes = try file.attributes()
    var reader = LineReader(file, from: 0, to: attributes.size, longest: Limits.manifestLine)
    let first = try reader.next()
    let header: ManifestHeader
    do throws(RequestError) {
      header = try Self.header(first?.bytes ?? [])
    } catch {
      try? file.close()
      throw error
    }
    let digest = "\(attributes.size)-\(attributes.modified)"
    guard try isNew(header, taken, digest) else { return try file.close() }
    intake = ManifestIntake(
      books, taken, header, file, size: attributes.size, firstByte: first?.next ?? 0,
      digest: digest, paths: try index(header.name))
  }

  private static func header(_ line: [UInt8]) throws(RequestError) -> ManifestHeader {
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(line)
    } catch {
      throw RequestError(error)
    }
    return try ManifestHeader(line: json)
  }

  /// Whether a manifest may be taken in; false where it is in already, after a crash.
  private func isNew(
    _ header: ManifestHeader, _ taken: Spool.Taken, _ digest: String
  ) throws(RequestError) -> Bool {
    let key = WatcherState.key(header.name, taken.name, digest)
    if inherited.contains(taken), books.state.manifests.contains(key) {
      answered.append(taken)
      return false
    }
    if let dataset = books.state.datasets[header.name], dataset.state != .open {
      throw RequestError(
        "the dataset \(header.name) is closed, with \(dataset.files) files: "
          + "put these into a dataset of another name")
    }
    return true
  }

  private func index(_ name: Name) throws(FileError) -> PathIndex {
    if let known = paths[name] { return known }
    let index = try PathIndex(books.state.datasets[name], books.spool)
    paths[name] = index
    return index
  }

  /// A dataset takes nothing more: what is known of its paths is needed no more.
  func forget(_ dataset: Name) { paths[dataset] = nil }

  // MARK: After the commit

  /// Whether requests are to be dropped.
  var hasAnswered: Bool { !answered.isEmpty }

  /// Drops the requests that are in the journal now.
  func dropAnswered() throws(FileError) {
    while let taken = answered.last {
      try books.spool.dropTaken(taken)
      answered.removeLast()
      inherited.remove(taken)
    }
  }
}
