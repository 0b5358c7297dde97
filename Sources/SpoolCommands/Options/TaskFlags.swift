internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// A task without JSON, as options of `spool submit`.
struct TaskFlags: ParsableArguments {
  @Option(help: "The task's name.")
  var name: String?
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Input files; a pattern in quotes is expanded.", valueName: "file"))
  var input: [String] = []
  @Option(help: ArgumentHelp("Take the files of a dataset instead.", valueName: "name"))
  var dataset: [String] = []
  @Option(help: "Run so many jobs without files, numbered by {index}.")
  var count: Int?
  @Option(
    help: ArgumentHelp(
      "Run a job for each value, {value}; with names, several for each combination, {value.NAME}.",
      valueName: "[name=]a,b,c"))
  var values: [String] = []
  @Option(
    help: ArgumentHelp(
      "The same for each line of a file; columns of .csv and keys of .jsonl are names.",
      valueName: "file"))
  var valuesFrom: [String] = []
  @Option(help: ArgumentHelp("An output of each job, as out/{stem}.root.", valueName: "path"))
  var output: [String] = []
  @Option(
    help: ArgumentHelp(
      "Take what the command leaves under a name of its own in its scratch directory, in which it "
        + "runs then: result.root=out/{stem}.root, or 'plots/*.png=plots/{stem}/{name}'.",
      valueName: "from=path"))
  var take: [String] = []
  @Option(
    help: ArgumentHelp(
      "A directory of each job, as out/{stem}: the command fills {output}.", valueName: "path"))
  var outputDir: [String] = []
  @Option(help: "Cores per job.")
  var cpus: Int?
  @Option(help: "GPUs per job.")
  var gpus: Int?
  @Option(help: ArgumentHelp("Memory per job, as 2GB.", valueName: "size"))
  var memory: String?
  @Option(help: ArgumentHelp("Wall time per job, as 10m.", valueName: "time"))
  var wall: String?
  @Option(help: "0 to 9, 0 first.")
  var priority: Int?
  @Option(help: "How often a job's payload is run at the most.")
  var attempts: Int?
  @Option(help: "Files per job, or all.")
  var filesPerJob: String?
  @Option(
    help: ArgumentHelp(
      "One job for all files with one key, as '{dir}' or 'run(*)_*.root'.", valueName: "key"))
  var groupBy: String?
  @Option(help: "So many jobs may fail.")
  var maxFailedJobs: Int?

  private var isSweep: Bool { !values.isEmpty || !valuesFrom.isEmpty }

  /// True if the options make a task: then the arguments are its command.
  var isGiven: Bool { name != nil }

  func validate() throws {
    let sources = [!input.isEmpty, !dataset.isEmpty, count != nil, isSweep].filter { $0 }.count
    if !isGiven, sources > 0 { throw ValidationError("--name: give the task a name") }
    if isGiven, sources != 1 {
      throw ValidationError("give exactly one of --input, --dataset, --count, --values")
    }
    for text in take where Self.split(take: text) == nil {
      throw ValidationError(
        "--take: expected FROM=PATH, as result.root=out/{stem}.root, found \(text)")
    }
    if let memory, let problem = Units.memoryProblem(memory) {
      throw ValidationError("--memory: \(problem)")
    }
    if let wall, let problem = Units.wallProblem(wall) {
      throw ValidationError("--wall: \(problem)")
    }
  }

  /// Returns the request that a JSON file would hold.
  func request(_ inputs: [String], command: [String]) throws -> JSON {
    var object = JSONObject([.init("kind", "task"), .init("name", .string(name ?? ""))])
    if let count {
      object["input"] = ["count": .integer(count)]
    } else if isSweep {
      object["input"] = ["values": try sweep()]
    } else if dataset.isEmpty {
      object["input"] = ["files": .array(inputs.map { .string($0) })]
    } else {
      object["input"] =
        dataset.count == 1 ? .string(dataset[0]) : .array(dataset.map { .string($0) })
    }
    object["command"] = .array(command.map { .string($0) })
    if !outputs.isEmpty { object["outputs"] = .array(outputs) }
    if let resources { object["resources"] = resources }
    if let priority { object["priority"] = .integer(priority) }
    if let attempts { object["retry"] = ["attempts": .integer(attempts)] }
    if let filesPerJob {
      object["filesPerJob"] = Int(filesPerJob).map { .integer($0) } ?? .string(filesPerJob)
    }
    if let groupBy { object["groupBy"] = .string(groupBy) }
    if let maxFailedJobs { object["maxFailedJobs"] = .integer(maxFailedJobs) }
    return .object(object)
  }

  /// The outputs, as a request has them.
  private var outputs: [JSON] {
    output.map { ["path": .string($0)] }
      + outputDir.map { ["path": .string($0), "kind": "directory"] }
      + take.compactMap(Self.split(take:)).map {
        ["from": .string($0.from), "path": .string($0.path)]
      }
  }

  /// Returns the two sides of a `--take`; nil for what has not both.
  static func split(take text: String) -> (from: String, path: String)? {
    guard let sign = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
    let from = String(text[..<sign])
    let path = String(text[text.utf8.index(after: sign)...])
    return from.isEmpty || path.isEmpty ? nil : (from, path)
  }

  /// Changes the paths of all outputs.
  mutating func changePaths(_ change: (String) -> String) {
    output = output.map(change)
    outputDir = outputDir.map(change)
    take = take.map { text in
      Self.split(take: text).map { "\($0.from)=\(change($0.path))" } ?? text
    }
  }

  /// Returns every combination of the values.
  private func sweep() throws -> JSON {
    var sweep = Sweep()
    for text in values {
      do throws(RequestError) {
        try sweep.add(list: text)
      } catch {
        throw Failure(.usage, "--values: \(error)")
      }
    }
    for file in valuesFrom {
      let bytes: [UInt8]
      do throws(FileError) {
        let path = WorkingDirectory.absolute(file)
        bytes = try PosixFileSystem().read(path, limit: Limits.request)
      } catch {
        throw Failure(.missing, "--values-from: \(error)")
      }
      do throws(RequestError) {
        try sweep.add(file: file, bytes)
      } catch {
        throw Failure(.usage, "--values-from \(file): \(error)")
      }
    }
    return sweep.values
  }

  private var resources: JSON? {
    var object = JSONObject()
    if let cpus { object["cpus"] = .integer(cpus) }
    if let gpus { object["gpus"] = .integer(gpus) }
    if let memory { object["memory"] = .string(memory) }
    if let wall { object["wall"] = .string(wall) }
    return object.members.isEmpty ? nil : .object(object)
  }
}
