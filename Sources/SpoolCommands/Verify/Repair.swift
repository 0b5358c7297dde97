internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The repair of findings: dark files are moved aside, and for a file that a job made there is a
/// command that makes it again. Nothing is deleted.
struct Repair {
  let spool: Spool

  /// The watcher names only so many parents in a catalogue line; of a file with as many, some may be
  /// left out.
  private static let mostParents = 100

  /// Returns what would be done about a finding, in words.
  func plan(_ finding: Finding) -> [String] {
    let path = finding.path.printable()
    switch finding.kind {
    case .dark: return ["\(path): would be moved to \(aside(finding.path).printable())"]
    case .unreadable: return ["\(path): \(finding.what); nothing is done"]
    case .missing, .changed:
      guard let job = finding.line?.job else {
        return ["\(path): no job of this spool made it; put it back from where it came"]
      }
      return remake(finding, job)
    }
  }

  /// Returns the command that makes a file again, as far as one line can say it.
  private func remake(_ finding: Finding, _ job: JobID) -> [String] {
    let path = finding.path.printable()
    let first = finding.kind == .changed ? "move it away, then " : ""
    guard let command = command(finding, job) else {
      return [
        "\(path): made by \(job); \(first)run that task's command for it in a task of a new name"
      ]
    }
    return ["\(path): made by \(job); \(first)to make it again:", "  " + command]
  }

  private func command(_ finding: Finding, _ job: JobID) -> String? {
    guard let request = TaskLookup(spool).page(of: job.task)?.task?.request,
      let task = try? TaskSpec(.object(request), root: "/"), let only = task.outputs.first,
      task.outputs.count == 1, only.from == nil, !only.isDirectory,
      let parents = finding.line?.parents, !parents.isEmpty, parents.count < Self.mostParents,
      task.environment.isEmpty, task.setup == nil
    else { return nil }
    let words = task.command.map(\.text)
    guard !words.contains(where: { $0.contains("{value") || $0.contains("{index}") })
    else { return nil }
    let name = "\(job.task).again.\(job.index)"
    let inputs = parents.map(Self.quoted).joined(separator: " ")
    let perJob = parents.count > 1 ? " --files-per-job all" : ""
    let output = Template.escaped(finding.path)
    return
      "spool submit --name \(name) --input \(inputs)\(perJob) --output \(Self.quoted(output)) -- "
      + words.map(Self.quoted).joined(separator: " ")
  }

  /// Returns a word as a shell reads it.
  private static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "/._-+=:,@".utf8.contains(byte)
      }
    }
    if isPlain, !text.isEmpty { return text }
    return "'" + text.replacing("'", with: "'\\''") + "'"
  }

  private func aside(_ path: String) -> String {
    "\(FilePath.directory(path))/\(DarkFiles.aside)/\(FilePath.base(path))"
  }

  /// Moves a dark file aside, and returns its new path. A file that lies there already is not replaced.
  func moveAside(_ finding: Finding) throws(FileError) -> String {
    try spool.setAside(data: finding.path, into: DarkFiles.aside)
  }
}
