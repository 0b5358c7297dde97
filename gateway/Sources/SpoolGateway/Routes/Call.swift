internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOPosix
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// A request on its way to the handler of its route: its parameters are checked, its caller is known.
struct Call: Sendable {
  let request: Request
  let context: GatewayContext
  let caller: Caller
  let desk: Desk
  private let path: [String: String]
  private let query: [String: String]

  /// Checks the parameters of a request against those of its route. Fails with the one that is wrong.
  init(
    _ request: Request, _ context: GatewayContext, _ caller: Caller, _ desk: Desk, _ route: Route
  ) throws(Problem) {
    self.request = request
    self.context = context
    self.caller = caller
    self.desk = desk
    var path: [String: String] = [:]
    for name in route.pathParameters {
      guard let value = context.parameters.get(name) else {
        throw Problem(.notFound, "no such path")
      }
      path[name] = value
    }
    var query: [String: String] = [:]
    for (key, value) in request.uri.queryParameters {
      guard let parameter = route.parameters.first(where: { $0.name == key }) else {
        throw Self.unknown(String(key), route)
      }
      guard query.updateValue(String(value), forKey: String(key)) == nil else {
        throw Problem(.badRequest, "the parameter \(key) is given twice")
      }
      try Self.check(String(value), parameter)
    }
    for parameter in route.parameters where parameter.isRequired && query[parameter.name] == nil {
      throw Problem(.badRequest, "the parameter \(parameter.name) is missing: \(parameter.summary)")
    }
    self.path = path
    self.query = query
  }

  private static func unknown(_ key: String, _ route: Route) -> Problem {
    let names = route.parameters.map(\.name)
    let advice =
      Nearest.question(key, among: names)
      ?? (names.isEmpty ? "it takes none" : "it takes \(names.joined(separator: ", "))")
    return Problem(.badRequest, "there is no parameter \"\(key.printable(80))\" here; \(advice)")
  }

  private static func check(_ value: String, _ parameter: Route.Parameter) throws(Problem) {
    let expected: String? =
      switch parameter.kind {
      case .name: Name(value) == nil ? "a name: \(Name.rule)" : nil
      case .pilot: PilotName(value) == nil ? "a pilot's name" : nil
      case .index: number(value, 0...Limits.jobsPerTask) == nil ? "a job's number" : nil
      case .text: value.isEmpty || value.utf8.contains(0) ? "a text" : nil
      case .flag: ["true", "false"].contains(value) ? nil : "true or false"
      case .duration: Units.duration(value) == nil ? "a time as 5s or 1m" : nil
      case .integer(let range):
        number(value, range) == nil
          ? "a whole number from \(range.lowerBound) to \(range.upperBound)" : nil
      case .choice(let choices):
        choices.contains(value) ? nil : "one of \(choices.joined(separator: ", "))"
      }
    if let expected {
      throw Problem(
        .badRequest,
        "the parameter \(parameter.name): expected \(expected), found \"\(value.printable(80))\"")
    }
  }

  /// Reads digits alone.
  static func number(_ text: String, _ range: ClosedRange<Int>) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 18, text.utf8.allSatisfy({ (48...57).contains($0) }),
      let value = Int(text), range.contains(value)
    else { return nil }
    return value
  }

  // MARK: Parameters

  /// Returns the name of a task in the path.
  func taskName() throws -> Name { try TaskArgument.name(path["name"] ?? "") }

  /// Returns the name of a dataset in the path.
  func datasetName() throws(Problem) -> Name {
    let text = path["name"] ?? ""
    guard let name = Name(text) else {
      throw Problem(.badRequest, "\"\(text.printable(80))\" is no dataset's name: \(Name.rule)")
    }
    return name
  }

  /// Returns a text of the path.
  func text(_ name: String) -> String { path[name] ?? "" }

  /// Returns the number of a job in the path.
  func jobIndex() throws(Problem) -> Int {
    let text = path["index"] ?? ""
    guard let index = Self.number(text, 0...Limits.jobsPerTask) else {
      throw Problem(.badRequest, "\"\(text.printable(80))\" is no job's number")
    }
    return index
  }

  func value(_ name: String) -> String? { query[name] }

  func number(_ name: String) -> Int? { query[name].flatMap { Int($0) } }

  func isSet(_ name: String) -> Bool { query[name] == "true" }

  /// The number of entries of a page.
  var limit: Int { number("limit") ?? Paging.usual }

  /// The longest wait for what comes of a request; nil for none.
  var wait: Duration? {
    query["wait"].flatMap { Units.duration($0) }.map { min($0, Desk.longestWait) }
  }

  // MARK: Body

  /// Reads the body. Fails where it is longer than a request may be, or does not come in time.
  func body() async throws -> [UInt8] {
    let limit = Limits.request
    if let text = request.headers[.contentLength], let length = Int(text), length > limit {
      throw Self.tooLarge
    }
    let buffer: ByteBuffer?
    do {
      buffer = try await collect(limit)
    } catch is NIOTooManyBytesError {
      throw Self.tooLarge
    }
    guard let buffer else {
      var problem = Problem(
        .requestTimeout, "the body has not come within \(Units.text(Desk.bodyPatience))")
      problem.closes = true
      throw problem
    }
    return Array(buffer.readableBytesView)
  }

  /// Reads the body up to a limit; nil where it does not come in time.
  private func collect(_ limit: Int) async throws -> ByteBuffer? {
    try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
      group.addTask { [request] in try await request.body.collect(upTo: limit) }
      group.addTask {
        try await Task.sleep(for: Desk.bodyPatience)
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
  }

  static var tooLarge: Problem {
    var problem = Problem(
      .contentTooLarge,
      "the body is larger than \(Limits.request >> 20) MiB: \(Limits.manyFiles), or divide it")
    problem.closes = true
    return problem
  }

  /// Reads the body as JSON; nil for none. Fails with the line that is wrong.
  func json() async throws -> JSON? {
    let bytes = try await body()
    guard bytes.contains(where: { $0 > 32 }) else { return nil }
    do throws(JSONError) {
      return try JSON.parse(bytes, most: Limits.requestValues)
    } catch {
      throw RequestError(error)
    }
  }

  // MARK: Work

  /// Does work that calls the filesystem, on a thread that may wait.
  func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws
    -> Value
  {
    try await desk.pool.runIfActive(body)
  }

  var spool: Spool { desk.spool }
  var snapshot: Snapshot { desk.store.current }
}
