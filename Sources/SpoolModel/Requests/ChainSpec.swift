/// A chain of steps that stream into each other; each step is a task (DESIGN 5).
public struct ChainSpec: Equatable, Sendable {
  /// A step of a chain.
  public struct Step: Equatable, Sendable {
    /// The name within the chain.
    public var name: String
    /// The task, `CHAIN.STEP`.
    public var task: TaskSpec
    /// The steps from which it reads, by position.
    public var sources: [Int]
  }

  /// The name of the chain.
  public var name: Name
  /// The steps, in the order in which they were written.
  public var steps: [Step]
  /// Whom the site's command is to tell of its end, once; nil: nobody in particular.
  public var notify: String?
  /// The request as it is kept: as it was written, its paths absolute.
  public var source: JSONObject

  /// Returns true if the requests are the same.
  public static func == (left: ChainSpec, right: ChainSpec) -> Bool { left.source == right.source }

  static let keys = [
    "kind", "name", "input", "steps", "priority", "retention", "environment", "setup", "container",
    "stop",
    "notify",
  ]
  static let mostSteps = 100

  /// Reads a chain; relative paths are taken from `root`.
  public init(_ json: JSON, root: String) throws(RequestError) {
    let fields = try Fields(json, keys: Self.keys)
    name = try fields.name("name", "the chain's name")
    _ = try fields.required("steps", "a list of steps, each a task without \"kind\"")
    let values = try fields.array("steps") ?? []
    guard (1...Self.mostSteps).contains(values.count) else {
      throw fields.fault("steps", "expected from 1 to \(Self.mostSteps) steps")
    }
    let outline = try ChainOutline(fields, values, chain: name, root: root)
    notify = try fields.notify("notify")
    source = fields.object
    if let setup = outline.setup { source["setup"] = .string(setup.text) }
    if let container = outline.container { source["container"] = container.json }
    steps = []
    var kept: [JSON] = []
    for index in values.indices {
      let step = try outline.step(index, root: root)
      kept.append(Self.absolute(values[index], step.task))
      steps.append(step)
    }
    source["steps"] = .array(kept)
    if source["input"]?.object != nil { source["input"] = steps[0].task.source["input"] }
    try ChainRules(steps: steps, fields: fields).check()
  }

  /// Returns a step as it is kept: with the paths that its task made absolute.
  private static func absolute(_ json: JSON, _ task: TaskSpec) -> JSON {
    guard case .object(var object) = json else { return json }
    if object["outputs"] != nil { object["outputs"] = task.source["outputs"] }
    for key in ["setup", "container"] where object[key] != nil { object[key] = task.source[key] }
    if object["directory"] != nil { object["directory"] = task.source["directory"] }
    if object["input"]?.object != nil { object["input"] = task.source["input"] }
    return .object(object)
  }
}

/// The steps by name, before their tasks are read: the datasets that each stands for.
private struct ChainOutline {
  let chain: Name
  let fields: Fields
  let objects: [Fields]
  let names: [String]
  /// Datasets that are not the chain's own, and may be inputs of its steps.
  let outside: [String]
  let priority: Int
  let retention: Retention?
  let environment: [EnvironmentVariable]
  let setup: SetupScript?
  let container: ContainerChoice?
  let stop: JSON?

  init(_ fields: Fields, _ values: [JSON], chain: Name, root: String) throws(RequestError) {
    self.chain = chain
    self.fields = fields
    var objects: [Fields] = []
    var names: [String] = []
    for (index, value) in values.enumerated() {
      let step = try Fields(
        value, path: "steps[\(index)]", line: fields.lineOf("steps"), keys: TaskSpec.stepKeys)
      let name = try step.name("name", "the step's name").text
      guard !names.contains(name) else { throw step.fault("name", "two steps are called \(name)") }
      guard Name("\(chain).\(name)") != nil else {
        throw step.fault("name", "\(chain).\(name) is longer than a task's name may be (80 bytes)")
      }
      objects.append(step)
      names.append(name)
    }
    self.objects = objects
    self.names = names
    switch fields.object["input"] {
    case .string(let text)?: outside = [text]
    case .array?: outside = try fields.strings("input") ?? []
    default: outside = []
    }
    priority = try fields.integer("priority", in: 0...9) ?? 5
    retention = try fields.retention("retention")
    environment = try fields.environment("environment")
    setup = try fields.setup("setup", root: root)
    container = try fields.container("container", root: root)
    stop = try fields.stop("stop").flatMap { _ in fields.object["stop"] }
  }

  func step(_ index: Int, root: String) throws(RequestError) -> ChainSpec.Step {
    let step = objects[index]
    var object = step.object
    let (input, sources) = try input(index)
    object["name"] = .string("\(chain).\(names[index])")
    object["input"] = input
    // Later steps first, so that data leaves the buffers between them.
    if object["priority"] == nil { object["priority"] = .integer(max(0, priority - index)) }
    if object["retention"] == nil, let retention { object["retention"] = .string(retention.text) }
    addPlace(to: &object)
    if object["stop"] == nil, let stop { object["stop"] = stop }
    if !environment.isEmpty {
      object["environment"] = try step.environment("environment").completed(by: environment).json
    }
    object.members.insert(.init("kind", "task"), at: 0)
    let task = try TaskSpec(.object(object), root: root, path: step.path, line: step.line)
    return ChainSpec.Step(name: names[index], task: task, sources: sources)
  }

  /// Adds the chain's setup and container to a step. One that names a setup of its own gets no
  /// container, and the other way round.
  private func addPlace(to object: inout JSONObject) {
    let ownSetup = object["setup"].map { $0.string != SetupScript.noneText } ?? false
    let ownContainer = object["container"].map { $0.string != ContainerChoice.noneText } ?? false
    if object["setup"] == nil, let setup, !ownContainer { object["setup"] = .string(setup.text) }
    if object["container"] == nil, let container, !ownSetup {
      object["container"] = container.json
    }
  }

  /// Returns the input of a step as its task has it, and the steps that make it.
  private func input(_ index: Int) throws(RequestError) -> (JSON, [Int]) {
    let step = objects[index]
    guard let given = step.object["input"] else {
      if index > 0 { return (try datasets(of: index - 1, for: step), [index - 1]) }
      return (try fields.required("input", "a dataset, for the first step to read"), [])
    }
    guard given.object == nil else { return (given, []) }
    var texts = given.string.map { [$0] } ?? []
    if texts.isEmpty { texts = try step.strings("input") ?? [] }
    var names: [JSON] = []
    var sources: [Int] = []
    for text in texts {
      if let source = self.names.firstIndex(of: text) {
        names += try datasets(of: source, for: step).array ?? []
        sources.append(source)
      } else if outside.contains(text) {
        names.append(.string(text))
      } else {
        let advice = Nearest.question(text, among: self.names + outside)
        throw step.fault(
          "input",
          "\"\(text)\" is no step of this chain, and not of its \"input\""
            + (advice.map { "; \($0)" } ?? ""))
      }
    }
    return (.array(names), sources)
  }

  /// Returns the datasets that the outputs of a step join, for another step to read.
  private func datasets(of source: Int, for step: Fields) throws(RequestError) -> JSON {
    let outputs = objects[source].object["outputs"]?.array ?? []
    guard !outputs.isEmpty else {
      throw step.fault("input", "the step \(names[source]) has no outputs to read")
    }
    var datasets: [JSON] = []
    for output in outputs {
      let name = output["dataset"] ?? .string("\(chain).\(names[source])")
      if !datasets.contains(name) { datasets.append(name) }
    }
    return .array(datasets)
  }
}

/// The rules between the steps of a chain.
private struct ChainRules {
  let steps: [ChainSpec.Step]
  let fields: Fields

  func check() throws(RequestError) {
    var walked: Set<Int> = []
    for start in steps.indices {
      var path: [Int] = []
      try walk(start, &path, &walked)
    }
    for (index, step) in steps.enumerated() {
      for earlier in steps[..<index] { try compare(step, earlier, index) }
    }
  }

  private func walk(
    _ index: Int, _ path: inout [Int], _ walked: inout Set<Int>
  ) throws(RequestError) {
    guard !walked.contains(index) else { return }
    if let start = path.firstIndex(of: index) {
      let names = (path[start...] + [index]).map { steps[$0].name }
      throw fields.fault(
        "steps[\(index)].input", at: "steps",
        "a cycle: \(names.reversed().joined(separator: " → "))")
    }
    path.append(index)
    for source in steps[index].sources { try walk(source, &path, &walked) }
    path.removeLast()
    walked.insert(index)
  }

  private func compare(
    _ step: ChainSpec.Step, _ other: ChainSpec.Step, _ index: Int
  ) throws(RequestError) {
    for output in step.task.outputs
    where !output.path.placeholders.contains(where: { $0 == .task || $0 == .job }) {
      guard other.task.outputs.contains(where: { $0.path == output.path }) else { continue }
      throw fields.fault(
        "steps[\(index)].outputs", at: "steps",
        "\(output.path.text) is also written by the step \(other.name)")
    }
  }
}
