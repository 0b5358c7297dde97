extension Resources {
  /// Bytes of the tags of a task, with a + between each two: they are part of its jobs' names.
  static let tagBytes = 32

  init(_ outer: Fields) throws(RequestError) {
    guard let json = outer.object["resources"] else { return }
    let fields = try Fields(
      json, path: "resources", line: outer.lineOf("resources"),
      keys: ["cpus", "gpus", "memory", "wall", "tags", "tokens"])
    cpus = try fields.integer("cpus", in: 1...4096) ?? cpus
    gpus = try fields.integer("gpus", in: 0...64) ?? gpus
    memory = try Self.memory(fields) ?? memory
    wall = try Self.wall(fields) ?? wall
    tags = try fields.strings("tags") ?? []
    guard tags.allSatisfy(JobName.isTag), tags.joined(separator: "+").utf8.count <= Self.tagBytes
    else {
      throw fields.fault("tags", "tags are of A-Z a-z 0-9 _ -, \(Self.tagBytes) bytes in all")
    }
    tags = Set(tags).sorted()
    tokens = try fields.tokens("tokens", in: 1...Limits.tokens) ?? tokens
  }

  /// Bytes.
  static func memory(_ fields: Fields) throws(RequestError) -> Int? {
    guard let value = fields.object["memory"] else { return nil }
    guard let text = value.string else {
      throw fields.fault(
        "memory", "expected a size as \"2GB\" or \"512MiB\", found \(value.kindName)")
    }
    if let problem = Units.memoryProblem(text) { throw fields.fault("memory", problem) }
    return Units.bytes(text)
  }

  static func wall(_ fields: Fields) throws(RequestError) -> Duration? {
    guard let value = fields.object["wall"] else { return nil }
    guard let text = value.string else {
      throw fields.fault(
        "wall", "expected a time as \"10m\" or \"2h\", found \(value.kindName)")
    }
    if let problem = Units.wallProblem(text) { throw fields.fault("wall", problem) }
    return Units.duration(text)
  }
}

extension RetryPolicy {
  init(_ outer: Fields) throws(RequestError) {
    guard let json = outer.object["retry"] else { return }
    let fields = try Fields(
      json, path: "retry", line: outer.lineOf("retry"),
      keys: ["attempts", "backoff", "never", "growMemory", "growWall"])
    attempts = try fields.integer("attempts", in: 1...100) ?? attempts
    backoff = try fields.duration("backoff", "a time as \"5s\" or \"1m\"") ?? backoff
    guard backoff <= .seconds(600) else { throw fields.fault("backoff", "expected at most 10m") }
    growMemory = try fields.number("growMemory", in: 1...10) ?? growMemory
    growWall = try fields.number("growWall", in: 1...10) ?? growWall
    for (index, value) in (try fields.array("never") ?? []).enumerated() {
      guard let code = value.integer, (1...255).contains(code) else {
        throw fields.fault(
          "never[\(index)]", at: "never", "expected an exit code, 1 to 255, found \(value.kindName)"
        )
      }
      never.append(code)
    }
  }
}

extension OutputSpec {
  /// Reads the outputs of a task. What begins with one of `absolute` has no need of the root.
  static func list(
    _ outer: Fields, root: String, absolute: [Template.Placeholder], task: Name
  ) throws(RequestError) -> [OutputSpec] {
    var outputs: [OutputSpec] = []
    for (index, value) in (try outer.array("outputs") ?? []).enumerated() {
      let fields = try Fields(
        value, path: "outputs[\(index)]", line: outer.lineOf("outputs"),
        keys: Self.keys)
      outputs.append(try OutputSpec(fields, root: root, absolute: absolute, task: task))
    }
    guard outputs.count <= 64 else { throw outer.fault("outputs", "more than 64 outputs") }
    return outputs
  }

  private static let keys = [
    "path", "from", "kind", "min", "max", "dataset", "name", "optional", "overwrite",
  ]

  private init(
    _ fields: Fields, root: String, absolute: [Template.Placeholder], task: Name
  ) throws(RequestError) {
    _ = try fields.required("path", "where the output goes")
    let text = try fields.string("path") ?? ""
    let isAbsolute = try fields.template(text, "path", at: "path").begins(with: absolute)
    let whole = try fields.path(
      text, root: isAbsolute ? "/" : Template.escaped(root), "path", at: "path")
    path = try fields.template(
      isAbsolute ? String(whole.dropFirst()) : whole, "path", at: "path")
    dataset = fields.object["dataset"] == nil ? task : try fields.name("dataset", "")
    name = try fields.string("name")
    isOptional = try fields.bool("optional") ?? false
    overwrites = try fields.bool("overwrite") ?? false
    from = try Self.from(fields)
    isDirectory = try Self.kind(fields) == .directory
    count = try Self.count(fields, from, isOptional: isOptional)
    if count != nil, isDirectory {
      throw fields.fault("kind", "a pattern takes files: name one directory in \"from\"")
    }
  }

  /// Reads how many files a pattern may take; nil where there is no pattern.
  private static func count(
    _ fields: Fields, _ from: Template?, isOptional: Bool
  ) throws(RequestError) -> ClosedRange<Int>? {
    let least = try fields.integer("min", in: 0...Limits.stagedOutputs)
    let most = try fields.integer("max", in: 1...Limits.stagedOutputs)
    guard let from, from.isPattern else {
      guard least == nil, most == nil else {
        throw fields.fault(
          least == nil ? "max" : "min", "only an output with a pattern in \"from\" has it")
      }
      return nil
    }
    let low = least ?? (isOptional ? 0 : 1)
    let high = most ?? Limits.stagedOutputs
    guard low <= high else { throw fields.fault("min", "is more than \"max\", \(high)") }
    return low...high
  }

  private static func from(_ fields: Fields) throws(RequestError) -> Template? {
    guard let text = try fields.string("from") else { return nil }
    let template = try fields.template(text, "from", at: "from")
    // Placeholders are names of files here, whatever they will be.
    if let problem = ScratchPath.problem(template.expanded { _ in "x" } ?? text) {
      throw fields.fault("from", problem)
    }
    guard !ScratchPath.components(text).contains("**") else {
      throw fields.fault(
        "from", "\"**\" stands for no directories here: write each level, as */*.png")
    }
    return template
  }

  private static func kind(_ fields: Fields) throws(RequestError) -> OutputKind {
    guard let text = try fields.string("kind") else { return .file }
    guard let kind = OutputKind(rawValue: text) else {
      throw fields.fault("kind", "expected \"file\" or \"directory\", found \"\(text)\"")
    }
    return kind
  }
}

extension InputFile {
  static func list(_ fields: Fields, root: String) throws(RequestError) -> [InputFile] {
    var files: [InputFile] = []
    var seen: Set<[UInt8]> = []
    for (index, value) in (try fields.array("files") ?? []).enumerated() {
      let file = try InputFile(
        value, root: root, element: "files[\(index)]", in: fields, key: "files")
      guard seen.insert(Array(file.path.utf8)).inserted else {
        throw fields.fault("files[\(index)]", at: "files", "\"\(file.path)\" is given twice")
      }
      files.append(file)
    }
    return files
  }

  private init(
    _ value: JSON, root: String, element: String, in outer: Fields, key: String
  ) throws(RequestError) {
    if let text = value.string {
      self.init(path: try outer.path(text, root: root, element, at: key))
    } else {
      guard value.object != nil else {
        throw outer.fault(
          element, at: key, "expected a path or an object with path, found \(value.kindName)")
      }
      let path = outer.full(element)
      try self.init(Fields(value, path: path, line: outer.lineOf(key), keys: Self.keys), root: root)
    }
  }

  static let keys = ["path", "size", "adler32", "files"]

  init(_ fields: Fields, root: String) throws(RequestError) {
    _ = try fields.required("path", "the file's path")
    let text = try fields.string("path") ?? ""
    let path = try fields.path(text, root: root, "path", at: "path")
    let size = try fields.integer("size", in: 0...Int.max)
    self.init(
      path: path, size: size, adler32: try Self.adler32(fields),
      files: try fields.integer("files", in: 0...Limits.treeEntries))
  }

  /// Reads a checksum. Some programs leave out zeros in front.
  private static func adler32(_ fields: Fields) throws(RequestError) -> String? {
    guard let digits = try fields.string("adler32")?.lowercased() else { return nil }
    guard (1...8).contains(digits.utf8.count), UInt32(digits, radix: 16) != nil,
      digits.utf8.allSatisfy(Name.isAlphanumeric)
    else { throw fields.fault("adler32", "expected 8 hexadecimal digits, found \"\(digits)\"") }
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }
}
