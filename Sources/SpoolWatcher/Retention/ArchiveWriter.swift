internal import SpoolModel
internal import SpoolStore

/// Writes the archive of a task, or of a chain with its steps, a piece at a time. In come the files
/// that are kept of them; out goes a directory in `archive/`. The same files give the same bytes,
/// so a crash does no harm.
final class ArchiveWriter {
  let unit: Name
  /// The time at which the task or chain had ended. If it ends at another time now, it has been in
  /// work since.
  let ended: Timestamp
  private let spool: Spool
  /// The steps that are left, the next one last.
  private var steps: [Step]
  /// The number of bytes written to the present file.
  private var size = 0

  /// A step of the archive's writing, one piece or the rest of one file.
  private enum Step {
    case begin
    case page(Name)
    case ledger(Name, length: Int)
    case jobs(Name)
    case jobFiles(Name, ArraySlice<Spool.RegisteredFile>)
    case logs(Name)
    case log(Name, PilotName)
    case logBytes(Name, PilotName, from: Int, to: Int)
    case finish
  }

  /// The largest number of bytes that are copied in one piece.
  static let pieceBytes = 2 << 20
  /// The largest number of job files that are read in one piece.
  static let pieceFiles = 32

  init(_ unit: Name, ended: Timestamp, _ state: SpoolState, _ spool: Spool) {
    self.unit = unit
    self.ended = ended
    self.spool = spool
    var steps = [Step.begin]
    for task in state.meant(by: unit) {
      steps += [
        .page(task.name), .ledger(task.name, length: task.ledgerLength), .jobs(task.name),
        .logs(task.name),
      ]
    }
    if state.chains[unit] != nil { steps.append(.page(unit)) }
    self.steps = (steps + [.finish]).reversed()
  }

  /// True once the archive is complete.
  var isThrough: Bool { steps.isEmpty }

  /// Writes one piece. Returns the cost, as a number of calls on the filesystem.
  func step(_ turn: Turn) throws(FileError) -> Int {
    guard let step = steps.popLast() else { return 0 }
    switch step {
    case .begin: try spool.beginArchive(unit)
    case .page(let name):
      size = 0
      try append(SealedJSON.seal(page(name, turn)), name, .page)
      size = 0
    case .ledger(let task, let length): return try ledger(task, length)
    case .jobs(let task):
      size = 0
      steps.append(.jobFiles(task, try spool.registeredFiles(of: task)[...]))
    case .jobFiles(let task, let places): return try jobFiles(task, places)
    case .logs(let task):
      size = 0
      steps += try spool.pilots(withLogOf: task).reversed().map { .log(task, $0) }
    case .log(let task, let pilot): try beginLog(task, pilot)
    case .logBytes(let task, let pilot, let from, let to):
      return try logBytes(task, pilot, from, to)
    case .finish: try spool.finishArchive(unit)
    }
    return 5
  }

  private func append(
    _ bytes: [UInt8], _ task: Name, _ part: ArchivePart
  ) throws(FileError) {
    guard !bytes.isEmpty else { return }
    try spool.write(bytes, unit, task, part, at: size)
    size += bytes.count
  }

  private func page(_ name: Name, _ turn: Turn) -> [UInt8] {
    let state = turn.state
    let head: [UInt8]
    let request: JSONObject
    if let task = state.tasks[name] {
      head = TaskPage(task, state, turn.placement, ready: 0, isPacked: true).head
      request = task.spec.source
    } else if let chain = state.chains[name] {
      head = ChainPage(chain, state, turn.placement, ready: [:], isPacked: true).head
      request = chain.accepted.spec.source
    } else {
      return []
    }
    return TaskPage.text(head, request: JSON.object(request).pretty(indent: 2))
  }

  private func ledger(_ task: Name, _ length: Int) throws(FileError) -> Int {
    guard size < length else { return 1 }
    let count = min(Self.pieceBytes, length - size)
    let bytes = try spool.read(.ledger(task), from: size, count: count)
    try append(bytes, task, .ledger)
    if size < length { steps.append(.ledger(task, length: length)) }
    return 6 + bytes.count >> 16
  }

  // MARK: Job files

  private func jobFiles(
    _ task: Name, _ places: ArraySlice<Spool.RegisteredFile>
  ) throws(FileError) -> Int {
    var lines: [UInt8] = []
    var rest = places
    while let place = rest.first, places.count - rest.count < Self.pieceFiles,
      lines.count < Self.pieceBytes
    {
      rest = rest.dropFirst()
      if let bytes = try spool.read(place) { lines += Self.line(place.place, bytes) }
    }
    try append(lines, task, .jobs)
    if !rest.isEmpty { steps.append(.jobFiles(task, rest)) }
    return 6 + places.count - rest.count + lines.count >> 16
  }

  /// Returns a job's file as one line of JSON with a seal, without its line ends. A torn or damaged
  /// file becomes a string.
  private static func line(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
    let head = Array("{\"file\":".utf8) + JSON.string(name).compact
    let body =
      JobFile.isWhole(bytes)
      ? Array(",\"job\":".utf8) + bytes.filter { $0 != 10 && $0 != 13 }
      : Array(",\"text\":".utf8) + JSON.string(String(decoding: bytes, as: UTF8.self)).compact
    return SealedJSON.seal(head + body + Array("}\n".utf8))
  }

  // MARK: Logs

  private func beginLog(_ task: Name, _ pilot: PilotName) throws(FileError) {
    guard let found = try spool.attributes(ofLog: task, of: pilot), found.kind == .file else {
      return
    }
    let name = spool.name(ofLog: task, of: pilot)
    try append(LogSection(file: name, length: found.size).header, task, .log)
    steps.append(.logBytes(task, pilot, from: 0, to: found.size))
  }

  private func logBytes(
    _ task: Name, _ pilot: PilotName, _ from: Int, _ to: Int
  ) throws(FileError) -> Int {
    let count = min(Self.pieceBytes, to - from)
    let bytes = count > 0 ? try spool.read(log: task, of: pilot, from: from, count: count) : []
    let next = from + bytes.count
    try append(bytes + (next == to ? [10] : []), task, .log)
    if next < to { steps.append(.logBytes(task, pilot, from: next, to: to)) }
    return 6 + bytes.count >> 16
  }
}
