public import SpoolModel

/// Files of a dataset are to be removed: those of the catalogue's lines in these ranges of bytes.
public struct RemovalOrdered: Sendable {
  public var dataset: Name
  public var ranges: RangeSet<Int>
}

/// Files are removed, or need not be: how far a removal has come.
public struct RemovalAdvanced: Sendable {
  public var dataset: Name
  public var ranges: RangeSet<Int>
  public var files: Int
  public var bytes: Int
}

/// A whole dataset is to be deleted, as a person asked.
public struct DeletionAccepted: Sendable {
  public var request: DeleteRequest
  /// uid.
  public var owner: Int
  /// Epoch milliseconds.
  public var at: Int
  /// Knows the request again after a crash.
  public var key: String
}

/// How much of a dataset's files is removed, and is to be, by bytes of its catalogue.
struct Removal {
  var left = RangeSet<Int>()
  var done = RangeSet<Int>()
  /// Whether files are meant that nobody made here.
  var includesInputs = false
  var files = 0
  var bytes = 0
}

extension WatcherState {
  func apply(_ ordered: RemovalOrdered) {
    guard let dataset = datasets[ordered.dataset] else { return }
    dataset.removal.left.formUnion(ordered.ranges.subtracting(dataset.removal.done))
    if !dataset.removal.left.isEmpty { removing.insert(dataset.name) }
    touch(dataset.name)
  }

  func apply(_ advanced: RemovalAdvanced) {
    guard let dataset = datasets[advanced.dataset] else { return }
    dataset.removal.left.subtract(advanced.ranges)
    dataset.removal.done.formUnion(advanced.ranges)
    dataset.removal.files += advanced.files
    dataset.removal.bytes += advanced.bytes
    if dataset.removal.left.isEmpty, dataset.state != .deleting { removing.remove(dataset.name) }
    touch(dataset.name)
  }

  func apply(_ deletion: DeletionAccepted) {
    remember(deletion.key)
    guard let dataset = datasets[deletion.request.dataset] else { return }
    dataset.state = .deleting
    dataset.removal.includesInputs = deletion.request.inputs
    watched.remove(dataset.name)
    removing.insert(dataset.name)
    touch(dataset.name)
  }

  func deleted(_ name: Name) {
    datasets[name]?.state = .deleted
    removing.remove(name)
    touch(name)
  }
}

extension RangeSet<Int> {
  /// As journal and checkpoint have it: each range as its first and the one after its last.
  var json: JSON { .array(ranges.map { [.integer($0.lowerBound), .integer($0.upperBound)] }) }

  init(_ json: JSON?) {
    self.init()
    for value in json?.array ?? [] {
      guard let pair = value.array?.compactMap(\.integer), pair.count == 2, pair[0] < pair[1] else {
        continue
      }
      insert(contentsOf: pair[0]..<pair[1])
    }
  }
}

extension RemovalOrdered {
  var json: JSONObject {
    JSONObject("removing", [("dataset", .string(dataset.text)), ("ranges", ranges.json)])
  }

  init?(_ json: JSONObject) {
    guard let dataset = json.name("dataset") else { return nil }
    self.init(dataset: dataset, ranges: RangeSet(json["ranges"]))
  }
}

extension RemovalAdvanced {
  var json: JSONObject {
    JSONObject(
      "removed",
      [
        ("dataset", .string(dataset.text)), ("ranges", ranges.json), ("files", .integer(files)),
        ("bytes", .integer(bytes)),
      ])
  }

  init?(_ json: JSONObject) {
    guard let dataset = json.name("dataset"), let files = json["files"]?.integer,
      let bytes = json["bytes"]?.integer
    else { return nil }
    self.init(
      dataset: dataset, ranges: RangeSet(json["ranges"]), files: files, bytes: bytes)
  }
}

extension DeletionAccepted {
  var json: JSONObject {
    JSONObject(
      "deleting",
      [
        ("owner", .integer(owner)), ("at", .integer(at)), ("key", .string(key)),
        ("request", .object(request.json)),
      ])
  }

  init?(_ json: JSONObject) {
    guard let request = json["request"], let owner = json["owner"]?.integer,
      let at = json["at"]?.integer, let key = json["key"]?.string,
      case .delete(let delete)? = try? Request(request, root: "/")
    else { return nil }
    self.init(request: delete, owner: owner, at: at, key: key)
  }
}

extension Removal {
  var json: JSON {
    var object = JSONObject([
      .init("left", left.json), .init("done", done.json), .init("files", .integer(files)),
      .init("bytes", .integer(bytes)),
    ])
    if includesInputs { object["inputs"] = true }
    return .object(object)
  }

  init(_ json: JSON?) {
    left = RangeSet(json?["left"])
    done = RangeSet(json?["done"])
    includesInputs = json?["inputs"]?.bool ?? false
    files = json?["files"]?.integer ?? 0
    bytes = json?["bytes"]?.integer ?? 0
  }
}
