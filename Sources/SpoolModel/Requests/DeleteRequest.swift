/// The order to delete a dataset's files: `{"kind": "delete", "dataset": "run42.reco"}`. Files that
/// no job of this spool made stay, unless it says `"inputs": true`.
public struct DeleteRequest: Equatable, Sendable {
  /// The dataset.
  public var dataset: Name
  /// True if files go, too, that a manifest named or a watch found.
  public var inputs: Bool
  /// True if the files go although a task that reads them has failed jobs, which could be tried
  /// again.
  public var force: Bool

  /// The kind, as requests spell it.
  public static let kind = "delete"

  /// Makes an order.
  public init(dataset: Name, inputs: Bool, force: Bool) {
    self.dataset = dataset
    self.inputs = inputs
    self.force = force
  }

  init(_ json: JSON) throws(RequestError) {
    let fields = try Fields(json, keys: ["kind", "dataset", "inputs", "force"])
    dataset = try fields.name("dataset", "the dataset's name")
    inputs = try fields.bool("inputs") ?? false
    force = try fields.bool("force") ?? false
  }

  /// The order as a request holds it.
  public var json: JSONObject {
    var object = JSONObject([
      .init("kind", .string(Self.kind)), .init("dataset", .string(dataset.text)),
    ])
    if inputs { object["inputs"] = true }
    if force { object["force"] = true }
    return object
  }
}
