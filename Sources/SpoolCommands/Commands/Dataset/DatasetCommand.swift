internal import ArgumentParser

/// `spool dataset`: verbs about datasets.
struct DatasetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dataset",
    abstract: "Datasets: what there is, and of what; close, verify or delete one.",
    discussion: """
      Examples:
        spool dataset list
        spool dataset show run42.raw
        spool dataset verify run42.raw run42.reco
        spool dataset delete run42.dec
      """,
    subcommands: [
      DatasetListCommand.self, DatasetShowCommand.self, DatasetFilesCommand.self,
      DatasetCloseCommand.self, DatasetVerifyCommand.self, DatasetDeleteCommand.self,
    ])
}
