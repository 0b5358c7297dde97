internal import HTTPTypes
internal import Hummingbird
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// An answer that says what went wrong, as `application/problem+json` (RFC 9457), in the words of the
/// command line.
struct Problem: Error, Sendable {
  var status: HTTPResponse.Status
  /// The error in words.
  var detail: String
  /// The line of the request's body, from 1.
  var line: Int?
  /// The key in the request's body, as `retry.attempts`.
  var key: String?
  /// Fields that the status asks for.
  var headers = HTTPFields()
  /// True where the connection ends with the answer, since the request was not read to its end.
  var closes = false

  init(_ status: HTTPResponse.Status, _ detail: String) {
    self.status = status
    self.detail = detail
  }

  /// The problem of a request that somebody wrote.
  init(_ error: RequestError) {
    self.init(.badRequest, error.description)
    line = error.line
    key = error.key.map { String($0.printable(RequestKey.longest)) }
  }

  /// The problem of something that the command line would fail with, too.
  init(_ failure: Failure) {
    self.init(Self.status(failure.code), failure.message)
  }

  init(_ error: FileError) { self.init(.serviceUnavailable, "\(error)") }

  /// Makes the problem of any error; of one that nobody foresaw it says no more than that.
  init(any error: any Error) {
    switch error {
    case let problem as Problem: self = problem
    case let error as RequestError: self.init(error)
    case let failure as Failure: self.init(failure)
    case let error as FileError: self.init(error)
    case let error as HTTPError: self.init(error.status, error.body ?? Self.words(error.status))
    default: self.init(.internalServerError, "the gateway has failed: see its log")
    }
  }

  private static func status(_ code: Failure.Code) -> HTTPResponse.Status {
    switch code {
    case .usage: .badRequest
    case .missing: .notFound
    case .failed, .cancelled: .unprocessableContent
    case .unavailable, .output, .timeOut, .interrupted: .serviceUnavailable
    }
  }

  private static func words(_ status: HTTPResponse.Status) -> String {
    status == .notFound ? "there is no such path; /api lists all" : status.reasonPhrase
  }

  private enum RequestKey {
    /// Bytes of a key that is shown.
    static let longest = 200
  }

  /// The body.
  var json: JSON {
    var object = JSONObject([
      .init("type", "about:blank"), .init("title", .string(status.reasonPhrase)),
      .init("status", .integer(status.code)), .init("detail", .string(detail)),
    ])
    if let line { object["line"] = .integer(line) }
    if let key { object["key"] = .string(key) }
    return .object(object)
  }

  /// The answer.
  var response: Response {
    var response = Response.json(json, status: status, type: "application/problem+json")
    response.headers.append(contentsOf: headers)
    return response
  }
}
