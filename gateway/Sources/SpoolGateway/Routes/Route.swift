internal import HTTPTypes
internal import Hummingbird
internal import SpoolModel

/// A route: a method and a path, who may ask, what it takes and gives, and its handler. The router and
/// the description of the interface (openapi.json) are made of the same list of routes.
struct Route: Sendable {
  /// A parameter of the path or the query.
  struct Parameter: Sendable {
    /// The kind of value.
    enum Kind: Sendable {
      case name, pilot, index, text, flag, duration
      case integer(ClosedRange<Int>)
      case choice([String])
    }

    var name: String
    var kind: Kind
    var summary: String
    var isRequired = false
  }

  /// What the body of a request holds.
  enum Body: Sendable {
    /// JSON of these schemas.
    case json([String], isRequired: Bool)
  }

  /// What a good answer holds.
  enum Answer: Sendable {
    /// JSON of a schema of docs/schema, or one of the gateway's own.
    case json(String)
    /// A list of such.
    case list(String)
    /// What came of a request.
    case receipt
    case text(String)
    case stream
  }

  var method: HTTPRequest.Method
  var path: String
  /// The role that a caller needs; nil for all, even without a token.
  var role: Role?
  var summary: String
  var parameters: [Parameter] = []
  var body: Body?
  var answer: Answer
  /// The statuses of problems that are the route's own.
  var problems: [Int] = []
  var handle: @Sendable (Call) async throws -> Response

  /// True for a route that changes something.
  var isWrite: Bool { method != .get }

  /// The parameters of the path, in their order.
  var pathParameters: [String] {
    path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
      String($0.dropFirst().dropLast())
    }
  }
}
