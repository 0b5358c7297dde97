internal import HTTPTypes
internal import Hummingbird
internal import SpoolModel
internal import SpoolStore

/// The check of who asks, and whether they may, for a route.
struct Gatekeeper: Sendable {
  /// The tokens; nil where callers need none.
  let tokens: Tokens?
  let reads: RateLimit
  let writes: RateLimit
  private let time = SystemTime()

  init(_ tokens: Tokens?, reads: RateLimit, writes: RateLimit) {
    self.tokens = tokens
    self.reads = reads
    self.writes = writes
  }

  /// Returns who asks; fails where they may not ask this.
  func admit(
    _ request: Request, _ context: GatewayContext, _ route: Route, _ counters: Counters
  ) throws(Problem) -> Caller {
    let caller = try caller(request, route)
    let limit = route.isWrite ? writes : reads
    guard limit.allows(caller.name ?? context.peer ?? "-", at: time.instant) else {
      counters.count { $0.throttled += 1 }
      var problem = Problem(
        .tooManyRequests, "more than \(Int(limit.rate)) requests a second: try again in a second")
      problem.headers[.retryAfter] = "1"
      throw problem
    }
    guard let role = route.role else { return caller }
    guard caller.role >= role else {
      throw Problem(
        .forbidden,
        "the token of \(caller.name ?? "nobody") has the role \(caller.role.text), and this needs "
          + role.text)
    }
    if route.isWrite, request.headers[.spool] != "1" {
      throw Problem(
        .forbidden, "a request that changes something needs the field X-Spool: 1")
    }
    return caller
  }

  private func caller(_ request: Request, _ route: Route) throws(Problem) -> Caller {
    guard let tokens else { return Caller(name: nil, role: .operate) }
    guard route.role != nil else { return Caller(name: nil, role: .read) }
    guard let field = request.headers[.authorization] else {
      throw Self.unauthorized("a token is needed: Authorization: Bearer TOKEN")
    }
    let words = field.split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bearer", let caller = tokens.caller(words[1])
    else { throw Self.unauthorized("the token is not known") }
    return caller
  }

  private static func unauthorized(_ words: String) -> Problem {
    var problem = Problem(.unauthorized, words)
    problem.headers[.wwwAuthenticate] = "Bearer realm=\"spool\""
    return problem
  }
}
