internal import SpoolModel

/// The state as a checkpoint holds it (DESIGN 4).
extension WatcherState {
  var json: JSON {
    [
      "accepted": .integer(accepted),
      "chains": .array(
        chains.values.sorted { $0.number < $1.number }.map { chain in
          ["number": .integer(chain.number), "accepted": .object(chain.accepted.json)]
        }),
      "tasks": .array(tasks.values.sorted { $0.number < $1.number }.map(\.json)),
      "packed": .array(packedUnits.sorted { $0.name < $1.name }.map(\.json)),
      "datasets": .array(datasets.values.sorted { $0.name < $1.name }.map(\.json)),
      "leaving": .array(leaving.sorted().map { .string($0.text) }),
      "litter": .object(
        JSONObject(litter.sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) })),
      "answered": .array(answered.map { .string($0) }),
      "partial": .object(
        JSONObject(partial.sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) })),
    ]
  }

  /// Nil where it is not what a watcher writes.
  convenience init?(_ json: JSON) {
    self.init()
    guard let accepted = json["accepted"]?.integer, let tasks = json["tasks"]?.array,
      let datasets = json["datasets"]?.array
    else { return nil }
    self.accepted = accepted
    for value in json["chains"]?.array ?? [] {
      guard let number = value["number"]?.integer,
        let accepted = value["accepted"]?.object.flatMap({ ChainAccepted($0) })
      else { return nil }
      chains[accepted.spec.name] = ChainEntry(accepted, number: number)
    }
    for value in tasks {
      guard let task = TaskEntry(value) else { return nil }
      self.tasks[task.name] = task
      noteReaders(task)
    }
    for value in json["packed"]?.array ?? [] {
      guard let entry = PackedEntry(value) else { return nil }
      keep(entry)
    }
    leaving = Set(json["leaving"]?.array?.compactMap { $0.string.flatMap { Name($0) } } ?? [])
    for value in datasets {
      guard let dataset = DatasetEntry(value) else { return nil }
      self.datasets[dataset.name] = dataset
      if dataset.state == .open, !dataset.watches.isEmpty { watched.insert(dataset.name) }
      if dataset.state == .deleting || !dataset.removal.left.isEmpty {
        removing.insert(dataset.name)
      }
    }
    for member in json["litter"]?.object?.members ?? [] {
      litter[member.key] = member.value.integer
    }
    for key in json["answered"]?.array?.compactMap(\.string) ?? [] { remember(key) }
    for member in json["partial"]?.object?.members ?? [] {
      partial[member.key] = member.value.integer
    }
  }
}

extension TaskEntry {
  var json: JSON {
    var object = JSONObject([
      .init("accepted", .object(accepted.json)), .init("number", .integer(number)),
      .init("state", .string(state.rawValue)), .init("next", .array(next.map { .integer($0) })),
      .init("formed", .integer(formed)),
      .init("done", .integer(done)), .init("failed", .integer(failed)),
      .init("attempts", .integer(attempts)), .init("causes", Self.json(causes)),
      .init("finalCauses", Self.json(finalCauses)),
      .init("failedJobs", failedJobs.json), .init("sums", sums.json),
      .init("cpu", .number(cpu)), .init("memory", .integer(peakMemory)),
      .init("wall", .integer(wall)), .init("outputs", .integer(outputs)),
      .init("outputBytes", .integer(outputBytes)), .init("ledger", .integer(ledgerLength)),
      .init("jobs", Self.json(jobs)),
    ])
    if let chain { object["chain"] = .string(chain.text) }
    if spec.allowsIncomplete { object["allowIncomplete"] = true }
    if !failedFiles.isEmpty {
      object["failedFiles"] = .object(
        JSONObject(failedFiles.sorted { $0.key < $1.key }.map { .init("\($0)", .string($1)) }))
    }
    if !leftover.isEmpty { object["leftover"] = Self.json(leftover) }
    if let cancelledBy { object["cancelledBy"] = .integer(cancelledBy) }
    if isRepair { object["repair"] = true }
    if waitsSince != accepted.at { object["waitsSince"] = .integer(waitsSince) }
    if let revival { object["revival"] = revival.json(of: name) }
    object["priority"] = .integer(spec.priority)
    object["limits"] = [
      "memory": .integer(spec.resources.memory), "wall": .integer(spec.resources.wall.milliseconds),
    ]
    if let started { object["started"] = .integer(started) }
    if let ended { object["ended"] = .integer(ended) }
    if let reason { object["reason"] = .string(reason) }
    return .object(object)
  }

  static func json(_ counts: [String: Int]) -> JSON {
    .object(JSONObject(counts.sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) }))
  }

  private static func json(_ jobs: [Int: JobEntry]) -> JSON {
    .array(jobs.sorted { $0.key < $1.key }.map { $1.json(index: $0) })
  }

  private static func jobs(_ json: JSON?) -> [Int: JobEntry]? {
    var jobs: [Int: JobEntry] = [:]
    for value in json?.array ?? [] {
      guard let index = value["index"]?.integer, let job = JobEntry(value) else { return nil }
      jobs[index] = job
    }
    return jobs
  }

  private static func counts(_ json: JSON?) -> [String: Int] {
    var counts: [String: Int] = [:]
    for member in json?.object?.members ?? [] { counts[member.key] = member.value.integer }
    return counts
  }

  convenience init?(_ json: JSON) {
    guard let accepted = json["accepted"]?.object.flatMap({ TaskAccepted($0) }),
      let number = json["number"]?.integer,
      let state = json["state"]?.string.flatMap({ TaskState(rawValue: $0) })
    else { return nil }
    self.init(accepted, number: number)
    self.state = state
    next = (json["next"]?.array ?? []).compactMap(\.integer)
    guard next.count == spec.sources else { return nil }
    formed = json["formed"]?.integer ?? 0
    done = json["done"]?.integer ?? 0
    failed = json["failed"]?.integer ?? 0
    attempts = json["attempts"]?.integer ?? 0
    causes = Self.counts(json["causes"])
    finalCauses = Self.counts(json["finalCauses"])
    failedJobs = RangeSet(json["failedJobs"])
    for member in json["failedFiles"]?.object?.members ?? [] {
      if let index = Int(member.key) { failedFiles[index] = member.value.string }
    }
    chain = json["chain"]?.string.flatMap { Name($0) }
    sums = ReportSums(json["sums"])
    cpu = json["cpu"]?.double ?? 0
    peakMemory = json["memory"]?.integer ?? 0
    wall = json["wall"]?.integer ?? 0
    outputs = json["outputs"]?.integer ?? 0
    outputBytes = json["outputBytes"]?.integer ?? 0
    ledgerLength = json["ledger"]?.integer ?? 0
    started = json["started"]?.integer
    ended = json["ended"]?.integer
    reason = json["reason"]?.string
    guard let jobs = Self.jobs(json["jobs"]), let leftover = Self.jobs(json["leftover"]) else {
      return nil
    }
    self.jobs = jobs
    self.leftover = leftover
    cancelledBy = json["cancelledBy"]?.integer
    isRepair = json["repair"]?.bool ?? false
    waitsSince = json["waitsSince"]?.integer ?? accepted.at
    revival = json["revival"].flatMap { Revival($0) }
    spec.allowsIncomplete = json["allowIncomplete"]?.bool ?? spec.allowsIncomplete
    spec.priority = json["priority"]?.integer ?? spec.priority
    spec.resources.memory = json["limits"]?["memory"]?.integer ?? spec.resources.memory
    spec.resources.wall =
      json["limits"]?["wall"]?.integer.map { .milliseconds($0) } ?? spec.resources.wall
  }
}

extension Revival {
  func json(of task: Name) -> JSON {
    let request = ControlRequest(task: task, action: .retry(order))
    return [
      "from": .integer(from), "until": .integer(until), "request": .object(request.json),
    ]
  }

  init?(_ json: JSON) {
    guard let from = json["from"]?.integer, let until = json["until"]?.integer,
      let request = json["request"],
      case .control(let control)? = try? Request(request, root: "/"),
      case .retry(let order) = control.action
    else { return nil }
    self.init(order: order, until: until, from: from)
  }
}

extension JobEntry {
  func json(index: Int) -> JSON {
    var object = JSONObject([
      .init("index", .integer(index)), .init("source", .integer(source)),
      .init("offset", .integer(offset)), .init("files", .integer(files)),
      .init("end", .integer(end)),
      .init("attempt", .integer(attempt)), .init("payload", .integer(payloadFailures)),
      .init("infrastructure", .integer(infrastructureFailures)),
      .init("returns", .integer(returns)),
    ])
    if let memory { object["memory"] = .integer(memory) }
    if !parents.isEmpty { object["parents"] = .array(parents.map { .string($0) }) }
    switch phase {
    case .waiting(let until): object["waiting"] = .integer(until)
    case .publishing(let result): object["publishing"] = result.json
    case .pending, .ready, .claimed, .unknown: break
    }
    return .object(object)
  }

  init?(_ json: JSON) {
    guard let source = json["source"]?.integer, let offset = json["offset"]?.integer,
      let files = json["files"]?.integer, let end = json["end"]?.integer,
      let attempt = json["attempt"]?.integer
    else { return nil }
    self.init(source: source, offset: offset, files: files, end: end)
    self.attempt = attempt
    payloadFailures = json["payload"]?.integer ?? 0
    infrastructureFailures = json["infrastructure"]?.integer ?? 0
    returns = json["returns"]?.integer ?? 0
    memory = json["memory"]?.integer
    parents = json["parents"]?.array?.compactMap(\.string) ?? []
    if let until = json["waiting"]?.integer { phase = .waiting(until: until) }
    if let result = json["publishing"].flatMap({ JobResult($0) }) { phase = .publishing(result) }
  }
}

extension DatasetEntry {
  var json: JSON {
    var object = JSONObject([
      .init("name", .string(name.text)), .init("state", .string(state.rawValue)),
      .init("files", .integer(files)), .init("length", .integer(length)),
      .init("producers", .array(producers.sorted().map { .string($0.text) })),
      .init("active", .array(activeProducers.sorted().map { .string($0.text) })),
      .init("failed", .array(failedProducers.sorted().map { .string($0.text) })),
    ])
    if let closing { object["closing"] = .integer(closing) }
    if let expected { object["expected"] = .integer(expected) }
    if let retention { object["retention"] = .string(retention.text) }
    if !consumed.isEmpty {
      object["consumed"] = .object(
        JSONObject(
          consumed.sorted { $0.key < $1.key }.map { .init($0.key.text, $0.value.json) }))
    }
    if sized > 0 {
      object["sized"] = .integer(sized)
      object["bytes"] = .integer(bytes)
    }
    if !watches.isEmpty { object["watches"] = .array(watches.map(\.json)) }
    if !owners.isEmpty { object["owners"] = .array(owners.sorted().map { .integer($0) }) }
    if state == .deleting || !removal.left.isEmpty || !removal.done.isEmpty
      || removal.includesInputs
    {
      object["removal"] = removal.json
    }
    return .object(object)
  }

  convenience init?(_ json: JSON) {
    guard let name = json["name"]?.string.flatMap({ Name($0) }),
      let state = json["state"]?.string.flatMap({ State(rawValue: $0) }),
      let files = json["files"]?.integer, let length = json["length"]?.integer
    else { return nil }
    self.init(name)
    self.state = state
    self.files = files
    self.length = length
    closing = json["closing"]?.integer
    expected = json["expected"]?.integer
    producers = Self.names(json["producers"])
    activeProducers = Self.names(json["active"])
    failedProducers = Self.names(json["failed"])
    retention = json["retention"]?.string.flatMap { Retention($0) }
    for member in json["consumed"]?.object?.members ?? [] {
      if let name = Name(member.key) { consumed[name] = RangeSet(member.value) }
    }
    count(json["sized"]?.integer ?? 0, bytes: json["bytes"]?.integer ?? 0)
    for value in json["watches"]?.array ?? [] {
      guard let watch = WatchEntry(value) else { return nil }
      watches.append(watch)
    }
    owners = Set(json["owners"]?.array?.compactMap(\.integer) ?? [])
    removal = Removal(json["removal"])
  }

  private static func names(_ json: JSON?) -> Set<Name> {
    Set((json?.array ?? []).compactMap { $0.string.flatMap { Name($0) } })
  }
}
