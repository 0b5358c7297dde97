internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The repair of findings: dark files are moved aside, and for a file that a job made there is a
/// command that makes it again. Nothing is deleted.
struct Repair {
  let spool: Spool

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

  /// Returns the command that makes a file again.
  private func remake(_ finding: Finding, _ job: JobID) -> [String] {
    let made = "\(finding.path.printable()): made by \(job)"
    let first = finding.kind == .changed ? "move it away, then " : ""
    guard let page = TaskLookup(spool).page(of: job.task), !page.isPacked else {
      return [
        "\(made), whose task is packed; \(first)run its command for it in a task of a new name"
      ]
    }
    return [
      "\(made); \(first)to make it again:",
      "  spool retry \(job.task) --even-done --jobs \(job.index)",
    ]
  }

  private func aside(_ path: String) -> String {
    "\(FilePath.directory(path))/\(DarkFiles.aside)/\(FilePath.base(path))"
  }

  /// Moves a dark file aside, and returns its new path. A file that lies there already is not replaced.
  func moveAside(_ finding: Finding) throws(FileError) -> String {
    try spool.setAside(data: finding.path, into: DarkFiles.aside)
  }
}
