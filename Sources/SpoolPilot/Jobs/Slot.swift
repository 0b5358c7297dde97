internal import SpoolModel
internal import SpoolStore

/// A place on local disk in which one payload at a time runs.
struct Slot {
  let number: Int
  let directory: String
  private let scratch: String

  init(number: Int, in scratch: String) {
    self.number = number
    self.scratch = scratch
    directory = "\(scratch)/slot\(number)"
  }

  /// The payload's working directory.
  var work: String { directory + "/work" }
  /// The payload's standard output.
  var output: String { directory + "/stdout" }
  /// The payload's standard error.
  var errorOutput: String { directory + "/stderr" }
  /// The file of the placeholder `{inputList}`, which goes with the working directory's contents.
  var inputList: String { work + "/.inputs" }
  /// The file of the placeholder `{inputListNul}`.
  var inputListNul: String { work + "/.inputs0" }
  /// The file of the placeholder `{report}`.
  var report: String { directory + "/report.json" }

  /// The file by which a job goes on later: the payload's.
  func checkpoint(_ policy: CheckpointPolicy) -> String { "\(work)/\(policy.file)" }
  /// The file into which the pilot copies it before a job begins. No other job has it.
  func checkpointPart(_ id: Int) -> String { "\(directory)/checkpoint.\(id)" }
  /// The directories that Apptainer makes for `/tmp` and `/var/tmp` of a container.
  private var temporaries: [String] { ["\(directory)/tmp", "\(directory)/var_tmp"] }
  /// Returns the path of something in the payload's working directory.
  func path(_ relative: String) -> String { "\(work)/\(relative)" }

  /// Makes the directories.
  func prepare(_ files: any FileSystem) throws(FileError) {
    try files.ensureDirectories(FilePath.directory(scratch))
    for path in [scratch, directory, work] {
      do throws(FileError) {
        try files.createPrivateDirectory(path)
      } catch {
        guard error.isOccupied else { throw error }
      }
    }
  }

  /// Removes what a payload, in a container or not, left in its working directory, and its report. A
  /// directory that somebody has removed is fine.
  func clean(_ files: any FileSystem, isOfContainer: Bool) throws(FileError) {
    try files.removeTree(report)
    if isOfContainer { for path in temporaries { try files.removeTree(path) } }
    switch try files.attributesIfPresent(work)?.kind {
    case .directory: try files.emptyDirectory(work)
    // The payload may have put a link to a directory of its user's there: that one is to stay.
    case .some: try files.removeTree(work)
    case nil: break
    }
  }
}
