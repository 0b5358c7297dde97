internal import SpoolClient
internal import SpoolModel

/// The schemas of the description: those of docs/schema, and the gateway's own.
enum OpenAPISchemas {
  static var all: JSONObject {
    var schemas = JSONObject()
    for (name, bytes) in EmbeddedFiles.all.sorted(by: { $0.key < $1.key })
    where name.hasPrefix(EmbeddedFiles.schemaPrefix) {
      let short = String(name.dropFirst(EmbeddedFiles.schemaPrefix.count))
      guard let json = try? JSON.parse(bytes) else { continue }
      schemas[short] = adapted(json, short)
    }
    for (name, schema) in own { schemas[name] = schema }
    return schemas
  }

  /// Returns a schema with references into the description in place of those between files.
  private static func adapted(_ json: JSON, _ name: String) -> JSON {
    switch json {
    case .array(let values): return .array(values.map { adapted($0, name) })
    case .object(let object):
      var members: [JSONObject.Member] = []
      for member in object.members where member.key != "$id" && member.key != "$schema" {
        if member.key == "$ref", let text = member.value.string {
          members.append(.init("$ref", .string(reference(text, name))))
        } else {
          members.append(.init(member.key, adapted(member.value, name)))
        }
      }
      return .object(JSONObject(members))
    default: return json
    }
  }

  private static func reference(_ text: String, _ name: String) -> String {
    let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let file = parts[0].isEmpty ? name : String(parts[0].split(separator: ".").first ?? "")
    return "#/components/schemas/\(file)" + (parts.count > 1 ? parts[1] : "")
  }

  private static let string: JSON = ["type": "string"]
  private static let count: JSON = ["type": "integer", "minimum": 0]

  private static func object(_ properties: JSON, required: [String]) -> JSON {
    [
      "type": "object", "properties": properties,
      "required": .array(required.map { .string($0) }),
    ]
  }

  private static func reference(_ schema: String) -> JSON {
    ["$ref": .string("#/components/schemas/\(schema)")]
  }

  /// The gateway's own schemas.
  private static var own: [(String, JSON)] {
    [
      ("Any", ["type": "object"]),
      ("Health", object(["status": ["type": "string", "enum": ["ok"]]], required: ["status"])),
      (
        "Problem",
        object(
          [
            "type": string, "title": string, "status": ["type": "integer"], "detail": string,
            "line": ["type": "integer", "minimum": 1], "key": string,
          ], required: ["type", "title", "status", "detail"])
      ),
      (
        "Receipt",
        object(
          [
            "request": ["type": ["string", "null"]], "kind": string, "name": string,
            "notes": ["type": "array", "items": string], "warning": string, "text": string,
            "task": ["type": "object"],
          ], required: ["request", "kind"])
      ),
      ("TaskOrChain", ["type": "object", "required": ["format", "kind", "state", "jobs"]]),
      (
        "Lines",
        object(["lines": ["type": "array", "items": string]], required: ["lines"])
      ),
      (
        "FailureGroup",
        object(
          [
            "cause": string, "reason": ["type": ["string", "null"]], "jobs": count,
            "example": count,
          ], required: ["cause", "reason", "jobs", "example"])
      ),
      (
        "Job",
        object(
          [
            "index": count, "state": states, "attempts": count, "pilot": string, "cause": string,
            "reason": string, "wallMs": count,
          ], required: ["index", "state", "attempts"])
      ),
      (
        "JobDetail",
        object(
          [
            "index": count, "state": states,
            "attempts": ["type": "array", "items": ["type": "object"]],
            "document": ["type": ["object", "null"]],
            "inputs": ["type": "array", "items": ["type": "object"]],
            "outputs": ["type": "array", "items": ["type": "object"]],
          ], required: ["index", "state", "attempts", "document", "inputs", "outputs"])
      ),
      (
        "Pilot",
        object(
          [
            "pilot": ["type": "object"], "heartbeatAge": count,
            "state": [
              "type": "string",
              "enum": .array(PilotRow.State.allCases.map { .string($0.rawValue) }),
            ],
            "jobs": ["type": "array", "items": string],
          ], required: ["pilot", "heartbeatAge", "state", "jobs"])
      ),
      (
        "Provenance",
        object(
          [
            "path": string, "dataset": ["type": ["string", "null"]],
            "madeBy": ["type": ["object", "null"]], "parents": ["type": "array", "items": string],
            "children": ["type": "array", "items": ["type": "object"]],
          ], required: ["path", "dataset", "madeBy", "parents", "children"])
      ),
      (
        "OrderMembers",
        [
          "type": "object", "description": "The members of order, without kind and task.",
          "properties": orderMembers, "additionalProperties": false,
        ]
      ),
      (
        "FileList",
        object(["files": ["type": "array"]], required: ["files"])
      ),
      ("Queues", object(["cpu": queue, "gpu": queue], required: ["cpu", "gpu"])),
      (
        "Summary",
        object(
          [
            "spool": string, "version": string,
            "watcher": object(
              [
                "state": ["type": "string", "enum": ["alive", "silent", "none"]],
                "heartbeatAge": count,
              ], required: ["state", "heartbeatAge"]),
            "queues": reference("Queues"), "tasks": ["type": "object"],
            "jobs": ["type": "object"], "pilots": ["type": "object"], "rate": ["type": "object"],
            "history": [
              "type": "array", "items": ["type": "array", "items": ["type": "integer"]],
            ],
          ],
          required: [
            "spool", "version", "watcher", "queues", "tasks", "jobs", "pilots", "rate", "history",
          ])
      ),
    ]
  }

  /// The members of an order besides its kind and its task.
  private static var orderMembers: JSON {
    guard let bytes = EmbeddedFiles.all[EmbeddedFiles.schemaPrefix + "order"],
      var members = (try? JSON.parse(bytes))?["properties"]?.object
    else { return [:] }
    for key in ["format", "kind", "task"] { members[key] = nil }
    return adapted(.object(members), "order")
  }

  private static var states: JSON {
    ["type": "string", "enum": ["waiting", "ready", "running", "done", "failed"]]
  }

  private static var queue: JSON {
    object(["ready": count, "running": count], required: ["ready", "running"])
  }
}
