public import SpoolModel

/// The page of a dataset.
public struct DatasetPage: Sendable {
  /// The page as its type reads it.
  public let summary: DatasetSummary
  /// The page as it was written: with keys, too, that this version does not know.
  public let json: JSON

  /// Reads a page; nil if it is none of a dataset.
  public init?(_ json: JSON) {
    guard let summary = DatasetSummary(json) else { return nil }
    self.summary = summary
    self.json = json
  }

  /// The tasks that fill it and have not ended.
  public var livingProducers: [Name] {
    summary.producers.filter { !$0.state.hasEnded }.map(\.task)
  }

  /// The size in words.
  public var sizeText: String {
    let size = Units.text(bytes: summary.totals.bytes)
    return summary.unsized == 0
      ? size : "\(size), and \(summary.unsized) files of unknown size"
  }

  /// Returns tasks in words: `reco (active), merge (done)`.
  public static func text(_ tasks: [DatasetSummary.TaskReference]) -> String {
    tasks.map { "\($0.task) (\($0.state.rawValue))" }.joined(separator: ", ")
  }
}
