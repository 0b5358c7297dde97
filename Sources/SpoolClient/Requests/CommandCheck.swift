internal import SpoolModel
internal import SpoolStore

/// The look at a task's command before it is dropped: what will most likely go wrong, in words.
struct CommandCheck {
  private let task: TaskSpec
  /// The place of the user who submits.
  private let place: UserPlace
  private let files = PosixFileSystem()

  init(_ task: TaskSpec, _ place: UserPlace) {
    self.task = task
    self.place = place
  }

  /// The warnings, none for a command that may well run.
  var notes: [String] {
    let absent = isAbsent ? "\(program.look.words); pilots on other machines may have it" : nil
    return [relativeFile ?? absent, setup, image].compactMap { $0 }
  }

  /// A setup that is not here.
  private var setup: String? {
    guard let path = task.setup?.path, (try? files.attributes(of: path)) == nil else { return nil }
    return "there is no setup \(path) here; pilots on other machines may have it"
  }

  /// An image in a file that is not here.
  private var image: String? {
    guard let container = task.container?.container, container.isFile,
      (try? files.attributes(of: container.image)) == nil
    else { return nil }
    return "there is no image \(container.image) here; pilots on other machines may have it"
  }

  /// The reason why the program can run nowhere, in words; nil if it may run somewhere.
  var problem: String? {
    if let path = task.setup?.path, (try? files.attributes(of: path))?.kind == .directory {
      return "the setup \(path) is a directory, not a script"
    }
    return isInside || !program.look.isSure ? nil : program.look.words
  }

  /// The program is the image's.
  private var isInside: Bool { task.container?.container != nil }

  /// A setup may make a bare name known.
  private var isAbsent: Bool {
    !isInside && program.look != .runs && !program.look.isSure && task.setup?.path == nil
  }

  private var program: ProgramCheck {
    ProgramCheck(
      task.command.first?.expanded { _ in nil }, directory: task.directory,
      path: place.path)
  }

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
    guard !text.isEmpty, !text.hasPrefix("/"), let path = place.absolute(text) else { return false }
    return (try? files.attributes(of: path))?.kind == .file
  }
}
