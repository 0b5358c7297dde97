public import SpoolModel
internal import SpoolStore

/// Datasets, as any user sees them.
extension World {
  public static let buffer = "/data/buffer"

  /// Drops a manifest that has a directory watched; `more` is of its `watch`.
  public func watchBuffer(
    _ dataset: String, directory: String = World.buffer, settle: String = "1s", _ more: String = ""
  ) throws {
    orders += 1
    let members = more.isEmpty ? "" : ", \(more)"
    try drop(
      "\(dataset).\(orders).json",
      """
      {"kind": "dataset", "name": "\(dataset)",
       "watch": {"directory": "\(directory)", "settle": "\(settle)"\(members)}}
      """)
  }

  /// The paths of a dataset, as its catalogue has them.
  public func catalogue(_ dataset: String) -> [String] {
    lines("datasets/\(dataset).jsonl").compactMap { $0["path"]?.string }
  }

  /// A dataset's page.
  public func page(ofDataset dataset: String) -> JSON? {
    files.peek("\(Self.root)/datasets/\(dataset).json").flatMap { try? JSON.parse($0) }
  }

  /// How a dataset stands, by its page: `open`, `closed`, …
  public func state(ofDataset dataset: String) -> String? {
    page(ofDataset: dataset)?["state"]?.string
  }

  /// Orders the deletion of a dataset; returns its file's name.
  @discardableResult
  public func delete(_ dataset: String, _ more: String = "") throws -> String {
    orders += 1
    let members = more.isEmpty ? "" : ", \(more)"
    let name = "delete\(orders).json"
    try drop(name, "{\"kind\": \"delete\", \"dataset\": \"\(dataset)\"\(members)}")
    return name
  }

  /// Why a request was refused.
  public func refusal(_ name: String) -> String? {
    files.peek("\(Self.root)/failed/@refused/\(name).reason").map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  public var status: String {
    String(decoding: files.peek("\(Self.root)/STATUS") ?? [], as: UTF8.self)
  }
}
