internal import SpoolModel
internal import SpoolStore

/// The pages and the catalogues of datasets: a name comes in, and out comes its page or its files.
struct DatasetLookup {
  let spool: Spool

  init(_ spool: Spool) { self.spool = spool }

  /// Returns the page of a dataset; nil if there is none.
  func find(_ name: Name) -> DatasetPage? {
    guard let bytes = try? spool.files.read(spool.layout.datasetPage(name), limit: 1 << 26),
      let json = try? JSON.parse(bytes)
    else { return nil }
    return DatasetPage(json)
  }

  /// Returns the names of all datasets.
  func names() throws(FileError) -> [Name] {
    try spool.files.list(spool.layout.datasets, fresh: true).names
      .filter { $0.hasSuffix(".json") }.compactMap { Name($0.dropLast(5)) }.sorted()
  }

  /// Hands over the files of a dataset, in the order of its catalogue; each also as it was written,
  /// with keys that this version does not know.
  func eachFile(of name: Name, _ body: (CatalogueLine, JSON) throws -> Void) throws {
    guard spool.files.isPresent(spool.layout.catalogue(name)) else { return }
    let file = try spool.files.open(spool.layout.catalogue(name), .read)
    defer { try? file.close() }
    var reader = LineReader(file, from: 0, to: Int.max, longest: Limits.catalogueLine)
    while let line = try reader.next() {
      guard let json = try? JSON.parse(line.bytes), let file = CatalogueLine(json) else { continue }
      try body(file, json)
    }
  }

  /// Returns the page of a dataset, or fails with the name that may have been meant.
  func require(_ name: Name) throws -> DatasetPage {
    if let page = find(name) { return page }
    let names = ((try? names()) ?? []).map(\.text)
    let advice = Nearest.question(name.text, among: names) ?? "`spool dataset list` lists them"
    throw Failure(.missing, "there is no dataset \(name); \(advice)")
  }
}
