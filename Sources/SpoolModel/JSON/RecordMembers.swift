/// A value that files hold as JSON, with one form for writing and for reading.
protocol JSONValue {
  /// The value as files hold it.
  var json: JSON { get }

  /// Reads the value; nil if the JSON is not what `json` gives.
  init?(json: JSON)
}

/// The members of a record by its own keys, in the order in which they are set: a page, a line. A
/// record has one enumeration of its keys, which serves writing and reading.
struct RecordMembers<Key: RawRepresentable<String>> {
  private(set) var object = JSONObject()

  init() {}

  /// Reads an object; nil for any other JSON.
  init?(_ json: JSON) {
    guard let object = json.object else { return nil }
    self.object = object
  }

  /// The value of a key: nil if there is none, or none of this type. Setting nil writes nothing.
  subscript<Value: JSONValue>(key: Key) -> Value? {
    get { object[key.rawValue].flatMap { Value(json: $0) } }
    set { object[key.rawValue] = newValue?.json }
  }

  /// The members as JSON.
  var json: JSON { .object(object) }
}

extension JSONValue where Self: RawRepresentable, RawValue == String {
  var json: JSON { .string(rawValue) }

  init?(json: JSON) {
    guard let text = json.string else { return nil }
    self.init(rawValue: text)
  }
}

extension JSON: JSONValue {
  var json: JSON { self }
  init?(json: JSON) { self = json }
}

extension JSONObject: JSONValue {
  var json: JSON { .object(self) }

  init?(json: JSON) {
    guard let object = json.object else { return nil }
    self = object
  }
}

extension Bool: JSONValue {
  var json: JSON { .bool(self) }

  init?(json: JSON) {
    guard let value = json.bool else { return nil }
    self = value
  }
}

extension Int: JSONValue {
  var json: JSON { .integer(self) }

  init?(json: JSON) {
    guard let value = json.integer else { return nil }
    self = value
  }
}

extension Double: JSONValue {
  var json: JSON { .number(self) }

  init?(json: JSON) {
    guard let value = json.double else { return nil }
    self = value
  }
}

extension String: JSONValue {
  var json: JSON { .string(self) }

  init?(json: JSON) {
    guard let text = json.string else { return nil }
    self = text
  }
}

extension Array: JSONValue where Element: JSONValue {
  var json: JSON { .array(map(\.json)) }

  init?(json: JSON) {
    guard let values = json.array else { return nil }
    self = values.compactMap { Element(json: $0) }
    guard count == values.count else { return nil }
  }
}

/// Counts by name, written in the order of the names.
extension Dictionary: JSONValue where Key == String, Value == Int {
  var json: JSON {
    .object(JSONObject(sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) }))
  }

  init?(json: JSON) {
    guard let members = json.object?.members else { return nil }
    self.init()
    for member in members { self[member.key] = member.value.integer }
  }
}

extension Timestamp: JSONValue {
  init?(json: JSON) {
    guard let timestamp = json.timestamp else { return nil }
    self = timestamp
  }
}

extension Name: JSONValue {
  var json: JSON { .string(text) }

  init?(json: JSON) {
    guard let text = json.string else { return nil }
    self.init(text)
  }
}

extension PilotName: JSONValue {
  var json: JSON { .string(text) }

  init?(json: JSON) {
    guard let text = json.string else { return nil }
    self.init(text)
  }
}

extension JobID: JSONValue {
  var json: JSON { .string(description) }

  init?(json: JSON) {
    guard let text = json.string else { return nil }
    self.init(text)
  }
}

extension Cause: JSONValue {
  var json: JSON { .string(description) }

  init?(json: JSON) {
    guard let text = json.string else { return nil }
    self.init(text)
  }
}

extension Retention: JSONValue {
  var json: JSON { .string(text) }

  init?(json: JSON) {
    guard let text = json.string else { return nil }
    self.init(text)
  }
}

extension ReportSums: JSONValue {
  init?(json: JSON) {
    guard json.object != nil else { return nil }
    self.init(json)
  }
}

extension TaskState: JSONValue {}
extension DatasetState: JSONValue {}
extension Queue: JSONValue {}
extension PilotState: JSONValue {}
