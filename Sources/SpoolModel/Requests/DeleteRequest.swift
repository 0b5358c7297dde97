/// The order to delete a dataset's files: `{"kind": "delete", "dataset": "run42.reco"}`. What nobody
/// made here stays, unless it says `"inputs": true`.
public struct DeleteRequest: Equatable, Sendable {
  public var dataset: Name
  /// Whether files go, too, that a manifest named or a watch found.
  public var inputs: Bool
  /// Whether it may be done although a task that reads it has failed jobs that could be tried again.
  public var force: Bool

  public static let kind = "delete"

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

  public var json: JSONObject {
    var object = JSONObject([
      .init("kind", .string(Self.kind)), .init("dataset", .string(dataset.text)),
    ])
    if inputs { object["inputs"] = true }
    if force { object["force"] = true }
    return object
  }
}
