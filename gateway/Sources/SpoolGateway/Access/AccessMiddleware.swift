internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// What is done for every request before and after its handler: the checks that need no route, the
/// fields that protect browsers, problems in the place of errors, and the log.
struct AccessMiddleware: RouterMiddleware {
  typealias Context = GatewayContext

  let desk: Desk
  let hosts: HostCheck
  let routes: [Route]

  /// The fields of every answer. Scripts and styles come from the gateway alone, in files.
  private static let protection: [(HTTPField.Name, String)] = [
    (
      .contentSecurityPolicy,
      "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        + "img-src 'self' data:; object-src 'none'"
    ),
    (.xContentTypeOptions, "nosniff"),
    (.referrerPolicy, "no-referrer"), (.resourcePolicy, "same-origin"),
  ]

  func handle(
    _ request: Request, context: GatewayContext,
    next: (Request, GatewayContext) async throws -> Response
  ) async throws -> Response {
    let time = SystemTime()
    let begun = time.instant
    var response: Response
    do {
      try check(request)
      response = try await next(request, context)
    } catch {
      response = answer(to: error, request, context)
    }
    for (name, value) in Self.protection { response.headers[name] = value }
    response.headers[.requestID] = context.requestID
    let taken = time.instant - begun
    log(request, context, response.status, taken)
    return response
  }

  private func check(_ request: Request) throws(Problem) {
    guard hosts.allows(request.head.authority) else {
      throw Problem(
        .misdirectedRequest,
        "this gateway is not called \"\((request.head.authority ?? "").printable(80))\": name it with "
          + "--host-name, if that is its name")
    }
  }

  private func answer(
    to error: any Error, _ request: Request, _ context: GatewayContext
  ) -> Response {
    var problem = Problem(any: error)
    if problem.status == .notFound, error is HTTPError, let allowed = methods(at: request.uri.path)
    {
      problem = Problem(.methodNotAllowed, "\(request.method) is none of \(allowed) here")
      problem.headers[.allow] = allowed
    }
    if problem.status == .internalServerError {
      desk.logger.error("request \(context.requestID) failed: \(error)")
    }
    var response = problem.response
    guard problem.closes else { return response }
    // The rest of the request is not read.
    response.headers[.connection] = "close"
    let body = response.body
    let channel = context.channel
    response.body = ResponseBody(contentLength: body.contentLength) { writer in
      try await body.write(writer)
      channel.close(mode: .all, promise: nil)
    }
    return response
  }

  /// Returns the methods that a path has; nil where it is no path.
  private func methods(at path: String) -> String? {
    let parts = path.split(separator: "/")
    let found = routes.filter { route in
      let own = route.path.split(separator: "/")
      return own.count == parts.count
        && zip(own, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
    guard !found.isEmpty else { return nil }
    return Set(found.map(\.method.rawValue)).sorted().joined(separator: ", ")
  }

  private func log(
    _ request: Request, _ context: GatewayContext, _ status: HTTPResponse.Status, _ taken: Duration
  ) {
    desk.counters.count { values in
      values.answers[status.code / 100, default: 0] += 1
      values.answerTime.add(Double(taken.milliseconds) / 1000)
    }
    // Of good answers to questions nobody needs a line.
    let level: Logger.Level = request.method == .get && status.code < 400 ? .debug : .info
    desk.logger.log(
      level: level,
      """
      \(context.requestID) \(context.peer ?? "-") \(request.method) \
      \(request.uri.string.printable(300)) \(status.code) \(taken.milliseconds) ms
      """)
  }
}

extension HTTPField.Name {
  static let referrerPolicy = HTTPField.Name("Referrer-Policy") ?? .range
  static let resourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy") ?? .range
}
