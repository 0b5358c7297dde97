internal import SpoolModel

extension ControlAccepted {
  var json: JSONObject {
    JSONObject(
      "control",
      [
        ("owner", .integer(owner)), ("at", .integer(at)), ("key", .string(key)),
        ("request", .object(request.json)),
      ])
  }

  init?(_ json: JSONObject) {
    guard let request = json["request"], let owner = json["owner"]?.integer,
      let at = json["at"]?.integer, let key = json["key"]?.string,
      case .control(let control)? = try? Request(request, root: "/")
    else { return nil }
    self.init(request: control, owner: owner, at: at, key: key)
  }
}

extension JobsRevived {
  var json: JSONObject {
    JSONObject(
      "revived",
      [
        ("task", .string(task.text)), ("at", .integer(at)), ("next", next.map { .integer($0) }),
        ("jobs", .array(jobs.map(\.json))),
      ])
  }

  init?(_ json: JSONObject) {
    guard let task = json.name("task"), let at = json["at"]?.integer,
      let values = json["jobs"]?.array
    else { return nil }
    var jobs: [Job] = []
    for value in values {
      guard let job = Job(value) else { return nil }
      jobs.append(job)
    }
    self.init(task: task, jobs: jobs, at: at, next: json["next"]?.integer)
  }
}

extension JobsRevived.Job {
  var json: JSON {
    var object = JSONObject([
      .init("index", .integer(index)), .init("attempt", .integer(attempt)),
      .init("cause", .string(cause)), .init("source", .integer(source)),
      .init("offset", .integer(offset)), .init("files", .integer(files)),
      .init("end", .integer(end)),
    ])
    if let memory { object["memory"] = .integer(memory) }
    return .object(object)
  }

  init?(_ json: JSON) {
    guard let index = json["index"]?.integer, let attempt = json["attempt"]?.integer,
      let cause = json["cause"]?.string, let source = json["source"]?.integer,
      let offset = json["offset"]?.integer, let files = json["files"]?.integer,
      let end = json["end"]?.integer
    else { return nil }
    self.init(
      index: index, attempt: attempt, source: source, offset: offset, files: files,
      end: end, memory: json["memory"]?.integer, cause: cause)
  }
}
