internal import SpoolModel
internal import SpoolStore

/// A place on local disk in which one payload at a time runs.
struct Slot {
  let number: Int
  let directory: String

  init(number: Int, in scratch: String) {
    self.number = number
    directory = "\(scratch)/slot\(number)"
  }

  /// The payload's working directory.
  var work: String { directory + "/work" }
  /// The payload's standard output.
  var output: String { directory + "/stdout" }
  /// The payload's standard error.
  var errorOutput: String { directory + "/stderr" }
  /// The file of the placeholder `{inputList}`.
  var inputList: String { directory + "/inputs" }
  /// The file of the placeholder `{inputListNul}`.
  var inputListNul: String { directory + "/inputs0" }
  /// The file of the placeholder `{report}`.
  var report: String { directory + "/report.json" }

  /// Makes the directories.
  func prepare(_ files: any FileSystem) throws(FileError) {
    try files.ensureDirectories(FilePath.directory(directory))
    for path in [directory, work] {
      do throws(FileError) {
        try files.createPrivateDirectory(path)
      } catch {
        guard error.isOccupied else { throw error }
      }
    }
  }

  /// Removes what a payload left in its working directory, its report, and the lists of its inputs.
  func clean(_ files: any FileSystem) throws(FileError) {
    for path in [report, inputList, inputListNul] { try files.removeIfPresent(path) }
    try Self.empty(work, files)
  }

  private static func empty(_ directory: String, _ files: any FileSystem) throws(FileError) {
    for name in try files.list(directory, fresh: false).names {
      let path = "\(directory)/\(name)"
      if try files.attributes(of: path).kind == .directory {
        try empty(path, files)
        try files.removeDirectory(path)
      } else {
        try files.remove(path)
      }
    }
  }
}
