internal import ArgumentParser
internal import SpoolModel
internal import SpoolStore

/// What the spool shows of a dataset: its page and its catalogue.
struct DatasetLookup {
  let spool: Spool

  struct Page {
    var json: JSON

    var name: String { json["dataset"]?.string ?? "?" }
    var state: String { json["state"]?.string ?? "?" }
    var files: Int { json["files"]?.integer ?? 0 }
    var bytes: Int { json["bytes"]?.integer ?? 0 }
    /// Files whose size is not known.
    var unsized: Int { json["unsized"]?.integer ?? 0 }
    /// `reco (active)`, for the tasks that fill or read it.
    func tasks(_ key: String) -> [String] {
      json[key]?.array?.map {
        "\($0["task"]?.string ?? "?") (\($0["state"]?.string ?? "?"))"
      } ?? []
    }
    /// Tasks that fill it and have not ended.
    var fillers: [String] {
      let living = (json["producers"]?.array ?? []).filter { task in
        let state = task["state"]?.string.flatMap { TaskState(rawValue: $0) }
        return state.map { !$0.hasEnded } ?? false
      }
      return living.compactMap { $0["task"]?.string }
    }
    var size: String {
      unsized == 0
        ? Units.text(bytes: bytes)
        : "\(Units.text(bytes: bytes)), and \(unsized) files of unknown size"
    }
  }

  init(_ spool: Spool) { self.spool = spool }

  func find(_ name: Name) -> Page? {
    guard let bytes = try? spool.files.read(spool.layout.datasetPage(name), limit: 1 << 26),
      let json = try? JSON.parse(bytes)
    else { return nil }
    return Page(json: json)
  }

  func names() throws(FileError) -> [Name] {
    try spool.files.list(spool.layout.datasets, fresh: true).names
      .filter { $0.hasSuffix(".json") }.compactMap { Name($0.dropLast(5)) }.sorted()
  }

  /// Hands over the lines of a dataset's catalogue, without its header.
  func eachFile(of name: Name, _ body: (JSON) throws -> Void) throws {
    guard spool.files.isPresent(spool.layout.catalogue(name)) else { return }
    let file = try spool.files.open(spool.layout.catalogue(name), .read)
    defer { try? file.close() }
    var reader = LineReader(file, from: 0, to: Int.max, longest: Limits.catalogueLine)
    while let line = try reader.next() {
      guard let json = try? JSON.parse(line.bytes), json["path"] != nil else { continue }
      try body(json)
    }
  }

  /// The page, or the end with what may have been meant.
  func require(_ name: Name) throws -> Page {
    if let page = find(name) { return page }
    let names = ((try? names()) ?? []).map(\.text)
    let advice = Nearest.question(name.text, among: names) ?? "`spool dataset list` lists them"
    throw Failure(.missing, "there is no dataset \(name); \(advice)")
  }
}

/// A dataset's name as an argument.
struct DatasetArgument: ParsableArguments {
  @OptionGroup var options: SpoolOptions
  @Argument(help: "The dataset.")
  var dataset: String

  static func name(_ text: String) throws -> Name {
    guard let name = Name(text) else {
      throw Failure(.usage, "\"\(text)\" is no dataset's name: \(Name.rule)")
    }
    return name
  }

  /// Opens the spool, and finds the dataset's page.
  func open() throws -> (spool: Spool, name: Name, page: DatasetLookup.Page) {
    let name = try Self.name(dataset)
    let spool = try options.openWatched()
    return (spool, name, try DatasetLookup(spool).require(name))
  }
}
