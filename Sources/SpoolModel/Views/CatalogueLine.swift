/// A file of a dataset, as a line of `datasets/NAME.jsonl`, with its provenance.
public struct CatalogueLine: Equatable, Sendable {
  /// The origin of a file.
  public enum Origin: Equatable, Sendable {
    /// A manifest, by its file name, and the number of the line in a `.jsonl` manifest.
    case manifest(String, line: Int?)
    /// A watched directory.
    case watch(String)
    /// An attempt of a job of this spool.
    case job(JobID, attempt: Int)
  }

  /// The file, with its size and checksum as far as they are known.
  public var file: InputFile
  /// The object that the manifest gave with the file.
  public var meta: JSONObject?
  /// The origin of the file.
  public var origin: Origin
  /// What the file was made from, in an order: the place of the first of the files from which jobs made
  /// it step by step, as that stands in the first job's catalogue or list. It does not depend on which
  /// job ended first. Nil for a file that no job made, and in the lines of earlier versions.
  public var root: Int?
  /// The first input files of the job that wrote the file.
  public var parents: [String]
  /// The report of the job that wrote the file.
  public var report: JSONObject
  /// True if a later attempt of the job did not write the file, so that the dataset has it no more.
  public var isGone = false

  /// Makes a line.
  public init(
    file: InputFile, meta: JSONObject? = nil, origin: Origin, root: Int? = nil,
    parents: [String] = [], report: JSONObject = JSONObject()
  ) {
    self.file = file
    self.meta = meta
    self.origin = origin
    self.root = root
    self.parents = parents
    self.report = report
  }

  /// The job that wrote the file; nil if no job of this spool did.
  public var job: JobID? {
    if case .job(let job, _) = origin { job } else { nil }
  }
}

extension CatalogueLine {
  private enum Key: String { case meta, origin, root, parents, report, gone }

  /// The line as the catalogue holds it.
  public var json: JSON {
    var line = RecordMembers<Key>()
    line[.meta] = meta
    line[.origin] = origin
    line[.root] = root
    if !parents.isEmpty { line[.parents] = parents }
    if !report.members.isEmpty { line[.report] = report }
    if isGone { line[.gone] = true }
    return .object(JSONObject((file.json.object?.members ?? []) + line.object.members))
  }

  /// Reads a line; nil for the header, and for a line that names no file.
  public init?(_ json: JSON) {
    guard let file = InputFile(json: json), let line = RecordMembers<Key>(json),
      let origin: Origin = line[.origin]
    else { return nil }
    self.init(
      file: file, meta: line[.meta], origin: origin, root: line[.root],
      parents: line[.parents] ?? [], report: line[.report] ?? JSONObject())
    isGone = line[.gone] ?? false
  }
}

extension CatalogueLine.Origin: JSONValue {
  private enum Key: String { case manifest, line, watch, job, attempt }

  public var json: JSON {
    var members = RecordMembers<Key>()
    switch self {
    case .manifest(let name, let line):
      members[.manifest] = name
      members[.line] = line
    case .watch(let directory): members[.watch] = directory
    case .job(let job, let attempt):
      members[.job] = job
      members[.attempt] = attempt
    }
    return members.json
  }

  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json) else { return nil }
    if let job: JobID = members[.job], let attempt: Int = members[.attempt] {
      self = .job(job, attempt: attempt)
    } else if let directory: String = members[.watch] {
      self = .watch(directory)
    } else if let name: String = members[.manifest] {
      self = .manifest(name, line: members[.line])
    } else {
      return nil
    }
  }
}

extension InputFile: JSONValue {
  private enum Key: String { case path, size, adler32, files }

  /// The file as a manifest, a catalogue or a job writes it.
  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.path] = path
    members[.size] = size
    members[.adler32] = adler32
    members[.files] = files
    return members.json
  }

  /// Reads a file from a line of a manifest or a catalogue; nil for what names none.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let path: String = members[.path] else {
      return nil
    }
    self.init(
      path: path, size: members[.size], adler32: members[.adler32], files: members[.files])
  }
}
