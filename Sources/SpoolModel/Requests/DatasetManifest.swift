/// A file of a dataset, as a manifest names it.
public struct ManifestEntry: Equatable, Sendable {
  /// The file.
  public var file: InputFile
  /// The object that travels along with the file.
  public var meta: JSONObject?

  /// Reads `"a.raw"` or `{"path": "b.raw", "size": 9, …}`; relative paths are taken from `root`.
  /// Fails with the key that is wrong.
  public init(_ json: JSON, root: String, line: Int?) throws(RequestError) {
    if let text = json.string {
      do throws(RequestError) {
        file = InputFile(path: try FilePath.absolute(text, in: root))
      } catch {
        throw RequestError(line: line, error.message)
      }
    } else {
      let fields = try Fields(json, line: line, keys: InputFile.keys)
      file = try InputFile(fields, root: root)
      meta = fields.object["meta"]?.object
    }
  }
}

/// The part of a dataset manifest that is not its files (DESIGN 5): in `NAME.jsonl` the first line.
public struct ManifestHeader: Equatable, Sendable {
  /// The name of the dataset.
  public var name: Name
  /// True if no file follows after this manifest's.
  public var closed: Bool
  /// The number of files that the dataset must have when it is closed.
  public var expected: Int?
  /// The time for which the files are kept, also those that no job of this spool made.
  public var retention: Retention?
  /// The directory whose files join as they appear.
  public var watch: DirectoryWatch?
  /// The header as it was written, without files, its paths absolute.
  public var source: JSONObject

  /// Reads a header; relative paths are taken from `root`. Fails with the key that is wrong.
  public init(_ json: JSON, root: String) throws(RequestError) {
    let fields = try Fields(
      json, keys: ["kind", "name", "files", "closed", "expected", "watch", "retention"])
    name = try fields.name("name", "the dataset's name")
    closed = try fields.bool("closed") ?? false
    expected = try fields.integer("expected", in: 0...Limits.jobsPerTask)
    retention = try fields.retention("retention")
    source = fields.object
    source["files"] = nil
    guard fields.object["watch"] != nil else { return }
    let watch = try DirectoryWatch(fields, root: root)
    guard !closed else {
      throw fields.fault(
        "closed", "a dataset whose directory is watched is closed by \"closeOn\", or later")
    }
    self.watch = watch
    source["watch"] = watch.json
  }

  /// Reads the first line of a manifest in JSONL. Files in it would be passed over unseen, so they
  /// are refused.
  public init(line json: JSON, root: String) throws(RequestError) {
    guard json["kind"]?.string == "dataset" else {
      throw RequestError(
        line: 1, key: "kind", "a .jsonl file begins with {\"kind\": \"dataset\", \"name\": …}")
    }
    guard json["files"] == nil else {
      throw RequestError(
        line: 1, key: "files", "in a .jsonl file the files follow, a line each")
    }
    try self.init(json, root: root)
  }
}

/// A whole manifest in one JSON object.
public struct DatasetManifest: Equatable, Sendable {
  /// The manifest without its files.
  public var header: ManifestHeader
  /// The files.
  public var files: [ManifestEntry]

  /// Reads a manifest; relative paths are taken from `root`. Fails with the key that is wrong.
  public init(_ json: JSON, root: String) throws(RequestError) {
    header = try ManifestHeader(json, root: root)
    files = []
    guard let value = json["files"] else { return }
    let line = json.object?.line(of: "files")
    guard let values = value.array else {
      throw RequestError(line: line, key: "files", "expected an array, found \(value.kindName)")
    }
    guard values.count <= Limits.listEntries else {
      throw RequestError(line: line, key: "files", Fields.tooLong(values.count))
    }
    // By bytes: strings hold two spellings of é for equal, the filesystem does not.
    var seen: Set<[UInt8]> = []
    for (index, value) in values.enumerated() {
      let entry = try Self.entry(value, index, root: root, line: line)
      guard seen.insert(Array(entry.file.path.utf8)).inserted else {
        throw RequestError(
          line: line, key: "files[\(index)]", "\"\(entry.file.path)\" is given twice")
      }
      files.append(entry)
    }
  }

  private static func entry(
    _ value: JSON, _ index: Int, root: String, line: Int?
  ) throws(RequestError) -> ManifestEntry {
    do throws(RequestError) {
      return try ManifestEntry(value, root: root, line: line)
    } catch {
      let key = "files[\(index)]" + (error.key.map { ".\($0)" } ?? "")
      throw RequestError(line: error.line ?? line, key: key, error.message)
    }
  }
}
