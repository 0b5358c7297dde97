/// The limits of what a request may ask for; more is taken for a mistake.
public enum Limits {
  /// Jobs of a task: their numbers have 8 digits.
  public static let jobsPerTask = 99_999_999
  /// Jobs of a task that may be in ready or run at once, where that is limited.
  public static let running = 1...jobsPerTask
  /// The number of a token.
  public static let tokens = 1_000_000
  /// Bytes of a `.json` request.
  public static let request = 16 << 20
  /// Entries of a list in a `.json` request.
  public static let listEntries = 100_000
  /// Values of all kinds in a `.json` request: a list of so many entries, of five values each and
  /// the object that they are in. This is what bounds the memory that reading it takes.
  public static let requestValues = 600_000
  /// The advice to a person whose request is beyond that.
  public static let manyFiles = "list many files in a NAME.jsonl manifest"
  /// Input files of a job, where they are counted.
  public static let filesPerJob = 100_000
  /// Input files of a task that groups them.
  public static let groupedFiles = 10_000_000
  /// Input files that a job's file lists. A job over more of a dataset names a stretch of its
  /// catalogue.
  public static let listedInputs = 1000
  /// Bytes of the arguments that input files make, as Linux counts them: an argument list may have
  /// 2 MiB where the stack may have the usual 8 MiB, and something is left for the rest.
  public static let argumentBytes = 1_900_000

  /// Returns the bytes that an argument takes: the text, a NUL and a pointer.
  public static func argumentBytes(of argument: String) -> Int { argument.utf8.count + 9 }

  /// Returns what is wrong with input files that make an argument list of so many bytes; nil if it
  /// fits.
  public static func argumentProblem(_ bytes: Int) -> String? {
    guard bytes > argumentBytes else { return nil }
    return "the paths of a job's inputs do not fit an argument list: use {inputList}, a file that "
      + "lists them, in place of {inputs}"
  }

  /// Files of a dataset that later attempts of their jobs may have replaced: those who read the dataset
  /// hold so many.
  public static let replacedFiles = 100_000
  /// Bytes of one line of a manifest in JSONL.
  public static let manifestLine = 64 << 10
  /// Bytes of a line of a catalogue: a path, what travels along, parents and a report.
  public static let catalogueLine = 4 << 20
  /// Bytes of a job's file, with its result.
  public static let jobFile = 4 << 20
  /// Bytes of a part's name before the final name is known to fit 255.
  public static let outputBaseName = 160
  /// Files that a job hands over: what its result, and the journal's line of it, may name.
  public static let stagedOutputs = 1000
  /// Bytes of the names of these.
  public static let stagedNames = 1 << 20
  /// Files, links and directories in a directory that is an output.
  public static let treeEntries = 50_000
  /// The longest path in a directory that is an output, in bytes.
  public static let treePath = 2000
  /// Bytes of the paths of these, within it: with the number it bounds the memory for a look at them.
  public static let treePaths = 8 << 20
  /// Seconds that fit a job's name.
  public static let wallSeconds = 100_000_000
}

extension TaskSpec {
  static let keys = [
    "kind", "name", "input", "command", "directory", "outputs", "queue", "resources", "filesPerJob",
    "groupBy", "order",
    "priority",
    "retry", "maxFailedJobs", "stopAfter", "maxRunning", "stuckAfter", "environment", "verify",
    "retention",
    "allowIncomplete", "after", "notBefore", "setup", "container", "stop", "checkpoint", "notify",
  ]

  /// The keys that a step of a chain may have.
  static let stepKeys = keys.filter { $0 != "kind" }

  /// Reads a task; relative paths are taken from `root`. `path` and `line` say where it stands, if
  /// not by itself. Fails with the key that is wrong.
  public init(
    _ json: JSON, root: String, path: String = "", line: Int? = nil
  ) throws(RequestError) {
    let fields = try Fields(json, path: path, line: line, keys: Self.keys)
    name = try fields.name("name", "the task's name")
    input = try Self.input(fields, root: root)
    command = try Self.command(fields)
    directory = try Self.directory(fields, root: root)
    groupBy = try Self.groupBy(fields)
    outputs = try OutputSpec.list(
      fields, root: root, absolute: groupBy?.isPath == true ? [.dir, .group] : [.dir], task: name)
    resources = try Resources(fields)
    queue = try Self.queue(fields, gpus: resources.gpus)
    filesPerJob = try Self.grouping(fields) ?? (groupBy == nil ? .files(1) : .all)
    order = try Self.order(fields)
    priority = try fields.integer("priority", in: 0...9) ?? 5
    retry = try RetryPolicy(fields)
    maxFailedJobs = try fields.integer("maxFailedJobs", in: 0...Limits.jobsPerTask) ?? 0
    stopAfter = try fields.integer("stopAfter", in: 0...Limits.jobsPerTask)
    maxRunning = try fields.integer("maxRunning", in: Limits.running)
    stuckAfter = try fields.stuckLimit("stuckAfter")
    environment = try fields.environment("environment")
    setup = try fields.setup("setup", root: root)
    container = try fields.container("container", root: root)
    verifiesChecksum = try Self.verify(fields)
    retention = try fields.retention("retention") ?? .forever
    allowsIncomplete = try fields.bool("allowIncomplete") ?? false
    after = try Self.after(fields)
    notBefore = try fields.date("notBefore")
    stop = try fields.stop("stop")
    checkpoint = try fields.checkpoint("checkpoint")
    notify = try fields.notify("notify")
    source = fields.object
    makeSourceAbsolute()
    try sortIntoGroups(fields)
    try TaskRules(self, fields).check()
  }

  /// Puts a list of files into the order of its groups, which the kept request need not have.
  private mutating func sortIntoGroups(_ fields: Fields) throws(RequestError) {
    guard let groupBy, case .files(let files) = input else { return }
    do throws(RequestError) {
      let sorted = try groupBy.sorted(files)
      input = .files(sorted)
      listedJobs = jobs(of: sorted).reduce(0) { count, _ in count + 1 }
    } catch {
      throw fields.fault("groupBy", error.message)
    }
  }

  private static func groupBy(_ fields: Fields) throws(RequestError) -> GroupKey? {
    guard let value = fields.object["groupBy"] else { return nil }
    guard let text = value.string else {
      throw fields.fault("groupBy", "expected \(GroupKey.rule); found \(value.kindName)")
    }
    do throws(RequestError) {
      return try GroupKey(text)
    } catch {
      throw fields.fault("groupBy", error.message)
    }
  }

  /// Makes the paths in the kept request absolute: the meaning of the journal must not depend on
  /// where it is read again.
  private mutating func makeSourceAbsolute() {
    if case .files(let files) = input {
      source["input"] = .object(
        JSONObject([.init("files", .array(files.map(\.json)), line: source.line(of: "input") ?? 0)])
      )
    }
    if let setup { source["setup"] = .string(setup.text) }
    if let container { source["container"] = container.json }
    if let directory { source["directory"] = .string(Template.escaped(directory)) }
    guard case .array(let given)? = source["outputs"] else { return }
    var list = given
    for (index, output) in outputs.enumerated() {
      guard case .object(var object) = list[index] else { continue }
      object["path"] = .string(output.path.text)
      list[index] = .object(object)
    }
    source["outputs"] = .array(list)
  }

  private static func input(_ fields: Fields, root: String) throws(RequestError) -> TaskInput {
    let value = try fields.required("input", "a dataset's name, or {\"files\": […]}")
    let expected =
      "expected a dataset's name, a list of names, or an object with files, count or values"
    switch value {
    case .string, .array:
      var names: [String] = []
      if let text = value.string {
        names = [text]
      } else {
        names = try fields.strings("input") ?? []
      }
      guard !names.isEmpty else { throw fields.fault("input", "an empty list") }
      var datasets: [Name] = []
      for text in names {
        guard let name = Name(text) else {
          throw fields.fault("input", "\"\(text)\" is no dataset's name: \(Name.rule)")
        }
        guard !datasets.contains(name) else {
          throw fields.fault("input", "\"\(text)\" is given twice")
        }
        datasets.append(name)
      }
      return .datasets(datasets)
    case .object:
      let inner = try Fields(
        value, path: "input", line: fields.lineOf("input"), keys: ["files", "count", "values"])
      return try inlineInput(inner, root: root)
    default: throw fields.fault("input", "\(expected), found \(value.kindName)")
    }
  }

  private static func inlineInput(_ fields: Fields, root: String) throws(RequestError) -> TaskInput
  {
    let given = ["files", "count", "values"].filter { fields.object[$0] != nil }
    guard given.count == 1, let only = given.first else {
      throw RequestError(
        line: fields.line, key: "input", "expected exactly one of files, count, values")
    }
    switch only {
    case "count": return .count(try fields.integer("count", in: 0...Limits.jobsPerTask) ?? 0)
    case "files": return .files(try InputFile.list(fields, root: root))
    default: return .values(try JobValue.list(fields))
    }
  }

  static func command(_ fields: Fields) throws(RequestError) -> [Template] {
    _ = try fields.required("command", "a list: the program and its arguments")
    let texts = try fields.strings("command") ?? []
    guard let program = texts.first, !program.isEmpty else {
      throw fields.fault("command", "expected at least the program")
    }
    var templates: [Template] = []
    for (index, text) in texts.enumerated() {
      templates.append(try fields.template(text, "command[\(index)]", at: "command"))
    }
    return templates
  }

  private static func directory(_ fields: Fields, root: String) throws(RequestError) -> String? {
    guard let text = try fields.string("directory") else { return nil }
    let template = try fields.template(text, "directory", at: "directory")
    if template.parts == [.placeholder(.scratch)] { return nil }
    guard let path = template.expanded({ _ in nil }) else {
      throw fields.fault("directory", "expected a path, or {scratch} alone, found \"\(text)\"")
    }
    return try fields.directoryPath(path, root: root, "directory")
  }

  private static func queue(_ fields: Fields, gpus: Int) throws(RequestError) -> Queue {
    guard let text = try fields.string("queue") else { return gpus > 0 ? .gpu : .cpu }
    guard let queue = Queue(rawValue: text) else {
      throw fields.fault("queue", "expected \"cpu\" or \"gpu\", found \"\(text)\"")
    }
    guard gpus == 0 || queue == .gpu else {
      throw fields.fault("queue", "a job that needs a GPU waits in the queue \"gpu\"")
    }
    return queue
  }

  private static func after(_ fields: Fields) throws(RequestError) -> [Name] {
    guard let value = fields.object["after"] else { return [] }
    let texts: [String]
    if let text = value.string { texts = [text] } else { texts = try fields.strings("after") ?? [] }
    guard texts.count <= 100 else { throw fields.fault("after", "more than 100 names") }
    var names: [Name] = []
    for text in texts {
      guard let name = Name(text) else {
        throw fields.fault("after", "\"\(text)\" is no name of a task or chain: \(Name.rule)")
      }
      names.append(name)
    }
    return names
  }

  private static func order(_ fields: Fields) throws(RequestError) -> InputOrder {
    guard let text = try fields.string("order") else { return .index }
    guard let order = InputOrder(rawValue: text) else {
      throw fields.fault("order", "expected \"index\" or \"path\", found \"\(text)\"")
    }
    return order
  }

  private static func grouping(_ fields: Fields) throws(RequestError) -> Grouping? {
    guard let value = fields.object["filesPerJob"] else { return nil }
    if value.string == "all" { return .all }
    guard let number = value.integer, (1...Limits.filesPerJob).contains(number) else {
      throw fields.fault(
        "filesPerJob",
        "expected a whole number from 1 to \(Limits.filesPerJob), or \"all\", found \(value.kindName)"
      )
    }
    return .files(number)
  }

  private static func verify(_ fields: Fields) throws(RequestError) -> Bool {
    guard let text = try fields.string("verify") else { return false }
    guard text == "size" || text == "checksum" else {
      throw fields.fault("verify", "expected \"size\" or \"checksum\", found \"\(text)\"")
    }
    return text == "checksum"
  }
}

extension Fields {
  func name(_ key: String, _ what: String) throws(RequestError) -> Name {
    _ = try required(key, what)
    let text = try string(key) ?? ""
    guard let name = Name(text) else {
      throw fault(key, "\"\(text)\" is no name: \(Name.rule)")
    }
    return name
  }

  /// A template, its errors told at `element`.
  func template(_ text: String, _ element: String, at key: String) throws(RequestError) -> Template
  {
    do throws(RequestError) {
      return try Template(text)
    } catch {
      throw fault(element, at: key, error.message)
    }
  }

  /// A directory's path, its errors told at `key`. Unlike a file's it may end in a slash.
  func directoryPath(_ text: String, root: String, _ key: String) throws(RequestError) -> String {
    var text = text[...]
    while text.utf8.count > 1, text.utf8.last == UInt8(ascii: "/") { text = text.dropLast() }
    if text == "." { return root }
    return text == "/" ? "/" : try path(String(text), root: root, key, at: key)
  }

  /// A path, its errors told at `element`.
  func path(
    _ text: String, root: String, _ element: String, at key: String
  ) throws(RequestError) -> String {
    do throws(RequestError) {
      return try FilePath.absolute(text, in: root)
    } catch {
      throw fault(element, at: key, error.message)
    }
  }
}
