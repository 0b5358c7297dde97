internal import SpoolModel

/// The inputs of one job: files, or the stretches of catalogues that hold them, where the files are too
/// many for the job's file.
struct JobInputs {
  /// The files; none where there are stretches.
  var files: [InputFile] = []
  var stretches: [InputStretch] = []
  /// The order of the files in the stretches; nil for that in which they stand there.
  var order: InputOrder?
  /// The numbers of bytes of the lists of replaced files that count, of the stretches' datasets.
  var replaced: [Name: Int] = [:]
  /// The number of files.
  var count = 0
  /// The path of the first file; of stretches, of the first file in them.
  var first: String?
  /// The key of their group, where the first file does not tell it.
  var group: String?
  /// The bytes that the files take as arguments, as far as they were counted.
  var argumentBytes = 0

  init() {}

  init(_ files: [InputFile]) {
    self.files = files
    count = files.count
    first = files.first?.path
    argumentBytes = files.reduce(0) { $0 + Limits.argumentBytes(of: $1.path) }
  }
}
