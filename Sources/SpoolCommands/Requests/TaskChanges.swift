internal import SpoolModel

/// The changes that options of the command line make to the tasks of a request.
struct TaskChanges {
  /// The directory in which commands run, as a template: a path or `{scratch}`; nil for the request's.
  var directory: String?

  /// Takes the value of `--chdir`, a path as the user's shell has it or `{scratch}`.
  init(chdir: String?) {
    directory = chdir.map { path in
      path == Self.scratch ? path : Template.escaped(WorkingDirectory.absolute(path))
    }
  }

  private static let scratch = "{scratch}"

  /// Returns the request with the changes made to its task, or to each step of its chain.
  func made(to json: JSON) -> JSON {
    guard let directory else { return json }
    return Request.mapTasks(json) { object in
      var object = object
      object["directory"] = .string(directory)
      return object
    }
  }
}
