internal import SpoolModel
internal import SpoolStore

/// The look at a task's command before it is dropped: what will most likely go wrong, in words.
struct CommandCheck {
  private let task: TaskSpec
  private let files = PosixFileSystem()

  init(_ task: TaskSpec) { self.task = task }

  /// The warnings, none for a command that may well run.
  var notes: [String] { [relativeFile].compactMap { $0 } }

  /// The first word that names a file here, though the command runs in an empty directory. A bare
  /// program is looked up in PATH.
  private var relativeFile: String? {
    guard task.directory == nil else { return nil }
    for (index, template) in task.command.enumerated() {
      guard let text = template.expanded({ _ in nil }), index > 0 || text.contains("/") else {
        continue
      }
      // `--config=FILE` names a file, too.
      var values = [text[...]]
      if let equals = text.firstIndex(of: "=") { values.append(text[text.index(after: equals)...]) }
      for value in values where isFileHere(String(value)) {
        return "\(value) is relative, and the command runs in a scratch directory: write the path "
          + "absolute, or use --chdir"
      }
    }
    return nil
  }

  private func isFileHere(_ text: String) -> Bool {
    guard !text.isEmpty, !text.hasPrefix("/") else { return false }
    return (try? files.attributes(of: WorkingDirectory.absolute(text)))?.kind == .file
  }
}
