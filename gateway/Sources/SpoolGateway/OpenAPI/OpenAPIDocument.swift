internal import HTTPTypes
internal import SpoolModel

/// The description of the interface (OpenAPI 3.1), made of the routes and of the schemas of docs/.
struct OpenAPIDocument {
  private let routes: [Route]
  private let version: String

  init(_ routes: [Route], version: String) {
    self.routes = routes
    self.version = version
  }

  var json: JSON {
    var paths = JSONObject()
    for route in routes {
      var item = paths[route.path]?.object ?? JSONObject()
      item["\(route.method)".lowercased()] = operation(route)
      paths[route.path] = .object(item)
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Spool", "version": .string(version),
        "description": .string(
          "A view of a spool. What it changes it changes by requests in incoming/. Times are milliseconds since 1970."
        ),
      ],
      "servers": [["url": "/"]],
      "paths": .object(paths),
      "components": [
        "schemas": .object(OpenAPISchemas.all),
        "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
      ],
    ]
  }

  private func operation(_ route: Route) -> JSON {
    var object = JSONObject([
      .init("summary", .string(route.summary)),
      .init("operationId", .string(Self.identifier(route))),
      .init("parameters", .array(Self.parameters(route))),
    ])
    if case .json(let schemas, let isRequired)? = route.body {
      let references = schemas.map(Self.reference)
      object["requestBody"] = [
        "required": .bool(isRequired),
        "content": [
          "application/json": [
            "schema": references.count == 1 ? references[0] : ["oneOf": .array(references)]
          ]
        ],
      ]
    }
    object["responses"] = Self.responses(route)
    object["security"] = route.role == nil ? [] : [[:], ["token": []]]
    if let role = route.role { object["x-role"] = .string(role.text) }
    return .object(object)
  }

  private static func identifier(_ route: Route) -> String {
    var words = [route.method.rawValue.lowercased()]
    for part in route.path.split(separator: "/") where part != "api" && part != "v1" {
      words.append(String(part.filter { $0.isLetter || $0.isNumber }))
    }
    return words.joined(separator: "-")
  }

  private static func reference(_ schema: String) -> JSON {
    ["$ref": .string("#/components/schemas/\(schema)")]
  }

  // MARK: Parameters

  private static func parameters(_ route: Route) -> [JSON] {
    var list = route.pathParameters.map { name -> JSON in
      [
        "name": .string(name), "in": "path", "required": true,
        "schema": name == "index" ? schema(.index) : schema(isPilot(route) ? .pilot : .name),
      ]
    }
    list += route.parameters.map { parameter in
      [
        "name": .string(parameter.name), "in": "query",
        "required": .bool(parameter.isRequired), "description": .string(parameter.summary),
        "schema": schema(parameter.kind),
      ]
    }
    if route.isWrite {
      list.append([
        "name": "X-Spool", "in": "header", "required": true,
        "description": "1: a page of another site cannot send it.",
        "schema": ["type": "string", "enum": ["1"]],
      ])
      list.append([
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "A text of one's own, the same for all tries of one request.",
        "schema": ["type": "string", "pattern": "^[!-~]{1,200}$"],
      ])
    }
    return list
  }

  private static func isPilot(_ route: Route) -> Bool { route.path.hasPrefix("/api/v1/pilots") }

  private static func schema(_ kind: Route.Parameter.Kind) -> JSON {
    switch kind {
    case .name: ["type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"]
    case .pilot: ["type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"]
    case .index: ["type": "integer", "minimum": 0, "maximum": .integer(Limits.jobsPerTask)]
    case .text: ["type": "string", "minLength": 1]
    case .flag: ["type": "boolean"]
    case .duration: ["type": "string", "pattern": "^[0-9]{1,4}(ms|s|m)$"]
    case .integer(let range):
      [
        "type": "integer", "minimum": .integer(range.lowerBound),
        "maximum": .integer(range.upperBound),
      ]
    case .choice(let choices): ["type": "string", "enum": .array(choices.map { .string($0) })]
    }
  }

  // MARK: Answers

  /// Problems that any route may have.
  private static let problems = [400, 401, 403, 404, 421, 429, 503]
  /// Those of a route that changes something.
  private static let writeProblems = [408, 409, 413, 422]

  private static func responses(_ route: Route) -> JSON {
    var responses = JSONObject()
    responses["200"] = answer(route.answer)
    if route.isWrite { responses["202"] = answer(.receipt) }
    if case .text = route.answer { responses["206"] = answer(route.answer) }
    let statuses = Set(problems + route.problems + (route.isWrite ? writeProblems : []))
    for status in statuses.sorted() {
      responses["\(status)"] = [
        "description": "What went wrong, in words.",
        "content": ["application/problem+json": ["schema": reference("Problem")]],
      ]
    }
    return .object(responses)
  }

  private static func answer(_ answer: Route.Answer) -> JSON {
    switch answer {
    case .json(let schema): content("application/json", reference(schema))
    case .receipt: content("application/json", reference("Receipt"))
    case .list(let schema):
      content(
        "application/json",
        [
          "type": "object", "required": ["items", "next"],
          "properties": [
            "items": ["type": "array", "items": reference(schema)],
            "next": ["type": ["string", "null"]],
          ],
        ])
    case .text(let type): content(type, ["type": "string"])
    case .stream: content("text/event-stream", ["type": "string"])
    }
  }

  private static func content(_ type: String, _ schema: JSON) -> JSON {
    let media: JSON = .object(JSONObject([.init(type, ["schema": schema])]))
    return ["description": "As asked.", "content": media]
  }
}
