public import SpoolModel
public import SpoolStore

/// The pages and the catalogues of datasets: a name comes in, and out comes its page or its files.
public struct DatasetLookup {
  let spool: Spool

  /// Makes the lookup of a spool.
  public init(_ spool: Spool) { self.spool = spool }

  /// Returns the page of a dataset; nil if there is none.
  public func find(_ name: Name) -> DatasetPage? {
    spool.read(.dataset(name)).flatMap { DatasetPage($0) }
  }

  /// Returns the names of all datasets.
  public func names() throws(FileError) -> [Name] {
    try spool.pages(in: .datasets, fresh: true)
  }

  /// Hands over the files of a dataset, in the order of its catalogue; each also as it was written,
  /// with keys that this version does not know.
  public func eachFile(of name: Name, _ body: (CatalogueLine, JSON) throws -> Void) throws {
    guard let catalogue = try spool.openIfPresent(.catalogue(name)) else { return }
    defer { catalogue.close() }
    var reader = catalogue.lines()
    while let line = try reader.next() {
      guard let json = try? JSON.parse(line.bytes), let file = CatalogueLine(json) else { continue }
      try body(file, json)
    }
  }

  /// Returns the page of a dataset, or fails with the name that may have been meant.
  public func require(_ name: Name) throws -> DatasetPage {
    if let page = try FreshLook(spool).result({ find(name) }, isThere: { $0 != nil }) {
      return page
    }
    let names = ((try? names()) ?? []).map(\.text)
    let advice = Nearest.question(name.text, among: names) ?? "`spool dataset list` lists them"
    throw Failure(.missing, "there is no dataset \(name); \(advice)")
  }
}
