internal import SpoolModel

/// The changes that options of the command line make to the tasks of a request.
struct TaskChanges {
  /// The directory in which commands run, as a template: a path or `{scratch}`; nil for the request's.
  var directory: String?
  /// True if all outputs replace what is there.
  var overwrites: Bool

  /// Takes the value of `--chdir`, a path as the user's shell has it or `{scratch}`.
  init(chdir: String?, overwrites: Bool) {
    directory = chdir.map { path in
      path == Self.scratch ? path : Template.escaped(WorkingDirectory.absolute(path))
    }
    self.overwrites = overwrites
  }

  private static let scratch = "{scratch}"

  /// Returns the request with the changes made to its task, or to each step of its chain.
  func made(to json: JSON) -> JSON {
    Request.mapTasks(json) { object in
      var object = object
      if let directory { object["directory"] = .string(directory) }
      if overwrites, let outputs = object["outputs"]?.array {
        object["outputs"] = .array(outputs.map(Self.overwriting))
      }
      return object
    }
  }

  private static func overwriting(_ output: JSON) -> JSON {
    guard case .object(var object) = output else { return output }
    object["overwrite"] = true
    return .object(object)
  }
}
