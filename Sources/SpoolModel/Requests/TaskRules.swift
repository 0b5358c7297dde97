/// The rules between the parts of a task; each violation is told at its key.
struct TaskRules {
  let task: TaskSpec
  let fields: Fields

  init(_ task: TaskSpec, _ fields: Fields) {
    self.task = task
    self.fields = fields
  }

  func check() throws(RequestError) {
    for (index, template) in task.command.enumerated() {
      try placeholders(of: template, "command[\(index)]", at: "command")
    }
    if let program = task.command.first, program.placeholders.contains(.inputs) {
      throw fields.fault("command[0]", at: "command", "{inputs} cannot be the program")
    }
    for entry in task.environment {
      let key = "environment.\(entry.name)"
      guard !entry.value.placeholders.contains(.inputs) else {
        throw fields.fault(key, at: "environment", "{inputs} can only be an argument of a command")
      }
      try placeholders(of: entry.value, key, at: "environment")
    }
    try grouping()
    try outputs()
    try container()
    if let before = task.stop?.before, before >= task.resources.wall {
      throw fields.fault(
        "stop.before", at: "stop",
        "expected less than the wall time of \(Units.text(task.resources.wall))")
    }
  }

  private func container() throws(RequestError) {
    guard let container = task.container?.container else { return }
    guard task.setup?.path == nil else {
      throw fields.fault(
        "container",
        "a task has either a setup, which is a script of the pilot's machine, or a container: put what "
          + "the script does into the image, or say \"setup\": \"none\"")
    }
    guard task.tags.joined(separator: "+").utf8.count <= Resources.tagBytes else {
      throw fields.fault(
        "container",
        "its jobs have the tag \(container.neededTag), too, and tags are \(Resources.tagBytes) bytes in "
          + "all: found \(task.tags.joined(separator: "+"))")
    }
    if let path = task.directory, path == "/" {
      throw fields.fault("directory", "the root directory of a container is the image's")
    }
  }

  private func grouping() throws(RequestError) {
    switch task.input {
    case .count, .values:
      let key = task.groupBy == nil ? "filesPerJob" : "groupBy"
      guard task.groupBy == nil, task.filesPerJob == .files(1) else {
        throw fields.fault(key, "jobs without files cannot be grouped")
      }
    case .files, .datasets: break
    }
    if task.order != .index {
      guard task.needsWholeInput, case .datasets = task.input else {
        throw fields.fault(
          "order", "only a job over all files of datasets, or over a group of them, has an order")
      }
    }
    try arguments()
  }

  /// Throws if the inputs of a job would surely be too many arguments.
  private func arguments() throws(RequestError) {
    guard case .files(let files) = task.input, task.command.contains(where: \.isAllInputs) else {
      return
    }
    // Without groups the first job has as many files as any.
    for job in task.jobs(of: files).prefix(task.groupBy == nil ? 1 : files.count) {
      let bytes = files[job].reduce(0) { $0 + Limits.argumentBytes(of: $1.path) }
      if let problem = Limits.argumentProblem(bytes) { throw fields.fault("command", problem) }
    }
  }

  private func placeholders(
    of template: Template, _ element: String, at key: String
  ) throws(RequestError) {
    for placeholder in template.placeholders {
      if let problem = problem(placeholder) { throw fields.fault(element, at: key, problem) }
      if case .output(let name) = placeholder {
        try output(name, element, at: key)
      }
    }
    if template.placeholders.contains(.inputs), !template.isAllInputs {
      throw fields.fault(element, at: key, "{inputs} must be an argument of its own")
    }
  }

  /// Returns the reason why the task's input gives a placeholder no value; nil if it gives one.
  private func problem(_ placeholder: Template.Placeholder) -> String? {
    if placeholder == .group {
      return task.groupBy == nil ? "only a task with \"groupBy\" has {group}" : nil
    }
    return switch (placeholder, task.input) {
    case (_, .count) where placeholder.isOfInput, (_, .values) where placeholder.isOfInput,
      (.input, .count), (.inputs, .count), (.input, .values), (.inputs, .values),
      (.inputList, .count), (.inputListNul, .count),
      (.inputList, .values), (.inputListNul, .values):
      "the task has no input files"
    case (.value(let name), .values(let values)):
      JobValue.problem(name, in: values)
    case (.value, _):
      "only a task with values has {value}"
    case (.input, _):
      task.filesPerJob == .files(1) ? nil : "with several files a job, use {inputs} or {inputList}"
    default: nil
    }
  }

  private func output(_ name: String?, _ element: String, at key: String) throws(RequestError) {
    let written = task.outputs.filter { $0.from == nil }
    if let name {
      guard let output = task.outputs.first(where: { $0.name == name }) else {
        throw fields.fault(element, at: key, "no output has \"name\": \"\(name)\"")
      }
      if let from = output.from {
        throw fields.fault(element, at: key, Self.isTaken(from, "{output:\(name)}"))
      }
    } else if written.count != 1 {
      let problem =
        switch (written.first, task.outputs.first?.from) {
        case (.some, _): "there are several outputs: use {output:NAME} and give each a \"name\""
        case (nil, let from?): Self.isTaken(from, "{output}")
        case (nil, nil): "{output} needs an entry in \"outputs\""
        }
      throw fields.fault(element, at: key, problem)
    }
  }

  private static func isTaken(_ from: Template, _ placeholder: String) -> String {
    "the output has \"from\": the command writes \(from.text) in its scratch directory, so there is no "
      + placeholder
  }

  private func outputs() throws(RequestError) {
    var paths: Set<Template> = []
    var names: Set<String> = []
    for (index, output) in task.outputs.enumerated() {
      let key = "outputs[\(index)]"
      try outputPath(output, key + ".path")
      if let from = output.from { try self.from(from, key + ".from") }
      guard paths.insert(output.path).inserted else {
        throw fields.fault(key + ".path", at: "outputs", "two outputs with one path")
      }
      let others = task.outputs[..<index].map(\.path.text)
      if let other = others.first(where: { FilePath.isNested(output.path.text, $0) }) {
        throw fields.fault(
          key + ".path", at: "outputs",
          "one output lies in another: \(other) and \(output.path.text)")
      }
      if let name = output.name {
        guard Name(name) != nil, names.insert(name).inserted else {
          throw fields.fault(key + ".name", at: "outputs", "\"\(name)\" is no name, or taken")
        }
      }
    }
  }

  private func from(_ from: Template, _ key: String) throws(RequestError) {
    for placeholder in from.placeholders {
      guard Self.isOfJob(placeholder) else {
        throw fields.fault(
          key, at: "outputs",
          "\"from\" may hold {name} {stem} {base} {group} {index} {value} {value.NAME} {task} {job}"
        )
      }
      if let problem = problem(placeholder) { throw fields.fault(key, at: "outputs", problem) }
    }
  }

  /// True for the placeholders that tell jobs apart, and are no path themselves.
  private static func isOfJob(_ placeholder: Template.Placeholder) -> Bool {
    switch placeholder {
    case .name, .stem, .base, .group, .index, .value, .task, .job: true
    default: false
    }
  }

  /// Throws if the name of a file that a pattern takes stands where it may not, or is missing: the pilot
  /// makes the directory before it knows the names.
  private func takenName(_ output: OutputSpec, _ key: String) throws(RequestError) {
    guard let taken = output.count else { return }
    let count = output.path.placeholders.count { $0 == .name }
    guard count > 0 || taken.upperBound == 1 else {
      throw fields.fault(
        key, at: "outputs",
        "\"from\" takes several files: use {name}, the name of each, or \"max\": 1")
    }
    let base = output.path.expanded { $0 == .name ? "\n" : "x" } ?? ""
    guard count <= 1, !FilePath.directory(base).utf8.contains(10) else {
      throw fields.fault(
        key, at: "outputs", "{name}, of a file that is taken, stands once, behind the last slash")
    }
  }

  private func outputPath(_ output: OutputSpec, _ key: String) throws(RequestError) {
    let path = output.path
    try takenName(output, key)
    for placeholder in path.placeholders where !output.isTakenName(placeholder) {
      guard Self.isOfJob(placeholder) || placeholder == .dir else {
        throw fields.fault(
          key, at: "outputs",
          "an output's path may hold {dir} {name} {stem} {base} {group} {index} {value} {value.NAME} "
            + "{task} {job}")
      }
      if let problem = problem(placeholder) { throw fields.fault(key, at: "outputs", problem) }
    }
    // Names that jobs choose are their own matter, as long as they replace nothing.
    let differs = path.placeholders.contains {
      $0 != .task && !(output.isTakenName($0) && output.overwrites)
    }
    let isShared: (Template.Placeholder) -> Bool = { $0 == .group && task.filesPerJob != .all }
    if path.placeholders.contains(where: isShared),
      path.placeholders.allSatisfy({ $0 == .task || isShared($0) })
    {
      throw fields.fault(
        key, at: "outputs", "several jobs of a group would write it: add {index}, {stem} or {job}")
    }
    guard differs || isOneJob else {
      throw fields.fault(
        key, at: "outputs",
        "every job would write it: use \(task.groupBy == nil ? "" : "{group}, "){stem}, {index}, "
          + "{value} or {job}")
    }
  }

  private var isOneJob: Bool {
    switch task.input {
    case .count(let count): count <= 1
    case .values(let values): values.count <= 1
    case .files(let files): task.isOneMerge || files.count <= 1
    case .datasets: task.isOneMerge
    }
  }
}
