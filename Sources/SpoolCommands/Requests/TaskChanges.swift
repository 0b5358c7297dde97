internal import SpoolModel

/// The changes that options of the command line make to the tasks of a request.
struct TaskChanges {
  /// The directory in which commands run, as a template: a path or `{scratch}`; nil for the request's.
  var directory: String?
  /// True if all outputs replace what is there.
  var overwrites: Bool
  /// Variables that payloads get, whatever the request says of them.
  var environment: [EnvironmentVariable] = []
  /// The setup, as a request has it; nil for the request's.
  var setup: String?
  /// The image of the container, or the word for none; nil for the request's.
  var container: String?
  /// Names of tasks and chains to wait for, besides the request's.
  var after: [String] = []
  /// The time before which no job begins, as a request has it; nil for the request's.
  var notBefore: String?
  /// Changes to the end of payloads.
  var ends = EndChanges()

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
    Request.mapTasks(ends.made(to: json)) { object in
      var object = object
      if let directory { object["directory"] = .string(directory) }
      if overwrites, let outputs = object["outputs"]?.array {
        object["outputs"] = .array(outputs.map(Self.overwriting))
      }
      if let setup { object["setup"] = .string(setup) }
      if let container { object["container"] = Self.container(container, object["container"]) }
      if !environment.isEmpty {
        object["environment"] = environment.reduce(object["environment"] ?? [:], Self.setting)
      }
      if !after.isEmpty { object["after"] = Self.adding(after, to: object["after"]) }
      if let notBefore { object["notBefore"] = .string(notBefore) }
      return object
    }
  }

  /// Returns a container with another image, and the mounts that the request has.
  private static func container(_ image: String, _ given: JSON?) -> JSON {
    guard image != ContainerChoice.noneText else { return .string(image) }
    guard case .object(var object)? = given else { return ["image": .string(image)] }
    object["image"] = .string(image)
    return .object(object)
  }

  /// Returns a list of names with more names; what is no list is left for its refusal.
  private static func adding(_ names: [String], to json: JSON?) -> JSON {
    let given: [JSON]
    switch json {
    case nil: given = []
    case .string(let text)?: given = [.string(text)]
    case .array(let list)?: given = list
    case let other?: return other
    }
    return .array(given + names.map { .string($0) }.filter { !given.contains($0) })
  }

  /// Returns an environment with a variable set; what is no environment is left for its refusal.
  private static func setting(_ environment: JSON, _ variable: EnvironmentVariable) -> JSON {
    guard case .object(var object) = environment else { return environment }
    object[variable.name] = .string(variable.value.text)
    return .object(object)
  }

  private static func overwriting(_ output: JSON) -> JSON {
    guard case .object(var object) = output else { return output }
    object["overwrite"] = true
    return .object(object)
  }
}
