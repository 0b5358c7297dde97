internal import Hummingbird
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// Datasets and their files.
enum DatasetRoutes {
  static var all: [Route] {
    [
      Route(
        method: .get, path: "/api/v1/datasets", role: .read,
        summary: "Lists the datasets, by name.", parameters: Common.paging,
        answer: .list("dataset-summary"), handle: list),
      Route(
        method: .get, path: "/api/v1/datasets/{name}", role: .read,
        summary: "Shows the page of a dataset.", answer: .json("dataset-summary"), problems: [404],
        handle: show),
      Route(
        method: .get, path: "/api/v1/datasets/{name}/files", role: .read,
        summary: "Lists the files of a dataset, in the order of its catalogue.",
        parameters: Common.paging, answer: .list("catalogue-line"), problems: [404], handle: files),
      Route(
        method: .get, path: "/api/v1/files", role: .read,
        summary: "Says where a file came from, and what was made of it.",
        parameters: [
          .init(
            name: "path", kind: .text, summary: "The path of the file, absolute.", isRequired: true)
        ],
        answer: .json("Provenance"), problems: [404], handle: provenance),
    ]
  }

  @Sendable private static func list(_ call: Call) async throws -> Response {
    let snapshot = call.snapshot
    let names = snapshot.datasets.keys.sorted().map { NameCursor(name: $0.text) }
    let rest = try Common.rest(of: names, call) { $0.name < $1.name }
    let page = rest.prefix(call.limit)
    let items = page.compactMap { Name($0.name).flatMap { snapshot.datasets[$0]?.text } }
    let next = rest.count > page.count ? page.last?.text : nil
    return .bytes(JSONText.list(items, next: next), type: "application/json")
  }

  /// Fails where there is no such dataset.
  static func require(_ name: Name, _ call: Call) async throws -> [UInt8] {
    if let row = call.snapshot.datasets[name] { return row.text }
    return try await call.blocking { [spool = call.spool] in
      try DatasetLookup(spool).require(name).json.compact
    }
  }

  @Sendable private static func show(_ call: Call) async throws -> Response {
    .bytes(try await require(try call.datasetName(), call), type: "application/json")
  }

  @Sendable private static func files(_ call: Call) async throws -> Response {
    let name = try call.datasetName()
    _ = try await require(name, call)
    let offset = try Common.offset(call)
    let (items, next) = try await call.blocking { [spool = call.spool, limit = call.limit] in
      try page(of: name, from: offset, most: limit, spool)
    }
    return .bytes(
      JSONText.list(items, next: next.map { LineCursor(offset: $0).text }),
      type: "application/json")
  }

  private static func page(
    of name: Name, from offset: Int, most: Int, _ spool: Spool
  ) throws -> ([[UInt8]], Int?) {
    guard let catalogue = try spool.openIfPresent(.catalogue(name)) else { return ([], nil) }
    defer { catalogue.close() }
    var reader = catalogue.lines(from: offset)
    var items: [[UInt8]] = []
    while let line = try reader.next() {
      guard let json = try? JSON.parse(line.bytes), CatalogueLine(json) != nil else { continue }
      items.append(json.unsealed.compact)
      if items.count == most { return (items, try reader.next() == nil ? nil : line.next) }
    }
    return (items, nil)
  }

  // MARK: Provenance

  @Sendable private static func provenance(_ call: Call) async throws -> Response {
    let path = call.value("path") ?? ""
    guard path.hasPrefix("/") else {
      throw Problem(
        .badRequest,
        "the parameter path: expected an absolute path, found \"\(path.printable(80))\"")
    }
    let names = call.snapshot.datasets.keys.sorted()
    let found = try await call.blocking { [spool = call.spool] in
      try Provenance(path, spool).find(in: names)
    }
    guard let found else {
      throw Problem(.notFound, "no dataset has the file \(path.printable(1000))")
    }
    return .json(found)
  }
}

/// The origin of a file, and what was made of it, as the catalogues of all datasets have it.
struct Provenance {
  private let path: String
  private let needle: [UInt8]
  private let spool: Spool

  /// Files made of it that are named.
  private static let mostChildren = 1000

  init(_ path: String, _ spool: Spool) {
    self.path = path
    self.spool = spool
    needle = JSON.string(path).compact
  }

  /// Reads the catalogues of datasets; nil where no line names the file.
  func find(in datasets: [Name]) throws -> JSON? {
    var own: (dataset: Name, line: CatalogueLine)?
    var children: [JSON] = []
    for dataset in datasets {
      guard let catalogue = try spool.openIfPresent(.catalogue(dataset)) else { continue }
      defer { catalogue.close() }
      var reader = catalogue.lines()
      while let line = try reader.next() {
        // Most lines are not parsed.
        guard line.bytes.holds(needle), let json = try? JSON.parse(line.bytes),
          let file = CatalogueLine(json)
        else { continue }
        if file.file.path == path { own = (dataset, file) }
        if file.parents.contains(path), let job = file.job, children.count < Self.mostChildren {
          children.append(child(job, file))
        }
      }
    }
    guard own != nil || !children.isEmpty else { return nil }
    return [
      "path": .string(path), "dataset": (own?.dataset.text).map { .string($0) } ?? .null,
      "madeBy": madeBy(own?.line), "parents": .array((own?.line.parents ?? []).map { .string($0) }),
      "children": .array(children),
    ]
  }

  private func child(_ job: JobID, _ file: CatalogueLine) -> JSON {
    [
      "task": .string(job.task.text), "index": .integer(job.index), "path": .string(file.file.path),
    ]
  }

  private func madeBy(_ line: CatalogueLine?) -> JSON {
    guard case .job(let job, let attempt)? = line?.origin else { return .null }
    return [
      "task": .string(job.task.text), "index": .integer(job.index), "attempt": .integer(attempt),
    ]
  }
}

extension [UInt8] {
  /// Returns true where these bytes stand somewhere in the text.
  func holds(_ needle: [UInt8]) -> Bool {
    guard let first = needle.first, count >= needle.count else { return false }
    return withUnsafeBufferPointer { text in
      var at = 0
      while at <= text.count - needle.count {
        if text[at] == first, (1..<needle.count).allSatisfy({ text[at + $0] == needle[$0] }) {
          return true
        }
        at += 1
      }
      return false
    }
  }
}
