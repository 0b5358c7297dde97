internal import Hummingbird
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// Pilots.
enum PilotRoutes {
  static var all: [Route] {
    [
      Route(
        method: .get, path: "/api/v1/pilots", role: .read, summary: "Lists the pilots, by name.",
        parameters: Common.paging, answer: .list("Pilot"), handle: list),
      Route(
        method: .get, path: "/api/v1/pilots/{name}", role: .read, summary: "Shows a pilot.",
        answer: .json("Pilot"), problems: [404], handle: show),
      Route(
        method: .post, path: "/api/v1/pilots/{name}/drain", role: .operate,
        summary: "Lets a pilot end what it runs, and leave.", answer: .receipt, problems: [404],
        handle: drain),
      Route(
        method: .post, path: "/api/v1/pilots/{name}/release", role: .operate,
        summary: "Lets a pilot work that was quarantined, or told to leave and has not left yet.",
        answer: .receipt, problems: [404], handle: release),
    ]
  }

  @Sendable private static func list(_ call: Call) async throws -> Response {
    let snapshot = call.snapshot
    let names = snapshot.pilots.keys.sorted().map { NameCursor(name: $0.text) }
    let rest = try Common.rest(of: names, call) { $0.name < $1.name }
    let page = rest.prefix(call.limit)
    let now = SystemTime().timestamp
    let items = page.compactMap { PilotName($0.name).flatMap { snapshot.pilots[$0] } }
      .map { $0.json(at: now, deadAfter: call.spool.config.deadAfter).compact }
    let next = rest.count > page.count ? page.last?.text : nil
    return .bytes(JSONText.list(items, next: next), type: "application/json")
  }

  @Sendable private static func show(_ call: Call) async throws -> Response {
    let row = try await row(call)
    return .json(row.json(at: SystemTime().timestamp, deadAfter: call.spool.config.deadAfter))
  }

  /// Returns the pilot of a call, or fails with the name that may have been meant.
  private static func row(_ call: Call) async throws -> PilotRow {
    let text = call.text("name")
    guard let name = PilotName(text) else {
      throw Problem(.badRequest, "\"\(text.printable(80))\" is no pilot's name")
    }
    if let row = call.snapshot.pilots[name] { return row }
    return try await call.blocking { [spool = call.spool] in
      let known = try PilotListing(spool).named([text]).first
      guard known == name else { throw Problem(.notFound, "there is no pilot \"\(text)\"") }
      return PilotRow(name: name, record: spool.heartbeat(of: name))
    }
  }

  @Sendable private static func drain(_ call: Call) async throws -> Response {
    try await tell(call, "drain") { (spool, pilot) throws(FileError) in
      try spool.drain(pilot)
      return "leaves when its jobs have ended"
    }
  }

  @Sendable private static func release(_ call: Call) async throws -> Response {
    try await tell(call, "release") { (spool, pilot) throws(FileError) in
      let wasAside = try spool.release(pilot)
      return try spool.keep(pilot) || wasAside
        ? "works again from its next heartbeat on" : "was neither quarantined nor told to leave"
    }
  }

  private static func tell(
    _ call: Call, _ verb: String,
    _ body: @escaping @Sendable (Spool, PilotName) throws(FileError) -> String
  ) async throws -> Response {
    let pilot = try await row(call).name
    let words = try await call.blocking { [spool = call.spool] in
      do throws(FileError) {
        return try body(spool, pilot)
      } catch {
        throw error.isMissing
          ? Failure(.missing, "cannot \(verb) \(pilot): it has left")
          : Failure(.unavailable, "cannot \(verb) \(pilot): \(error)")
      }
    }
    return .json(["request": .null, "kind": .string(verb), "text": .string("\(pilot): \(words)")])
  }
}
