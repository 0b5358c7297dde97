/// A value that files hold as JSON, with one form for writing and for reading. Each type says which
/// units its form has, where they matter.
public protocol JSONValue {
  /// The value as files hold it.
  var json: JSON { get }

  /// Reads the value; nil if the JSON is not what `json` gives.
  init?(json: JSON)
}

/// The members of a record by its own keys, in the order in which they are set: a page, a line, a
/// record of the journal, an entry of a checkpoint. A record has one enumeration of its keys, which
/// serves writing and reading.
public struct RecordMembers<Key: RawRepresentable<String>>: ExpressibleByDictionaryLiteral {
  /// The members as an object, whose keys are unique.
  public var object: JSONObject

  /// Takes the members of an object, to read them.
  @inlinable public init(_ object: JSONObject = JSONObject()) { self.object = object }

  /// Takes the members of an object, to read them; nil for any other JSON.
  @inlinable public init?(_ json: JSON) {
    guard let object = json.object else { return nil }
    self.object = object
  }

  /// Makes a record of members in this order, without those that are nil. The keys are unique.
  @inlinable public init(dictionaryLiteral members: (Key, JSON?)...) {
    object = JSONObject()
    object.members.reserveCapacity(members.count)
    for (key, value) in members {
      if let value { object.members.append(.init(key.rawValue, value)) }
    }
  }

  /// The value of a key: nil if there is none, or none of this type. Setting nil writes nothing.
  @inlinable public subscript<Value: JSONValue>(key: Key) -> Value? {
    get { object[key.rawValue].flatMap { Value(json: $0) } }
    set { object[key.rawValue] = newValue?.json }
  }

  /// The value of a key: `absent` if there is no such key; nil if its value is not of this type.
  @inlinable public subscript<Value: JSONValue>(key: Key, absent absent: Value) -> Value? {
    guard let json = object[key.rawValue] else { return absent }
    return Value(json: json)
  }
}

extension RecordMembers: JSONValue {
  /// The members as JSON.
  @inlinable public var json: JSON { .object(object) }

  /// Takes the members of an object, to read them; nil for any other JSON.
  public init?(json: JSON) { self.init(json) }
}

/// Values with a name: held as it.
extension JSONValue where Self: RawRepresentable, RawValue == String {
  public var json: JSON { .string(rawValue) }

  public init?(json: JSON) {
    guard let text = json.string else { return nil }
    self.init(rawValue: text)
  }
}

/// Values with a text that can be read: held as it.
extension JSONValue where Self: LosslessStringConvertible {
  public var json: JSON { .string(description) }

  public init?(json: JSON) {
    guard let text = json.string else { return nil }
    self.init(text)
  }
}

extension JSON: JSONValue {
  public var json: JSON { self }
  public init?(json: JSON) { self = json }
}

extension JSONObject: JSONValue {
  public var json: JSON { .object(self) }

  public init?(json: JSON) {
    guard let object = json.object else { return nil }
    self = object
  }
}

extension Bool: JSONValue {
  public var json: JSON { .bool(self) }

  public init?(json: JSON) {
    guard let value = json.bool else { return nil }
    self = value
  }
}

extension Int: JSONValue {
  public var json: JSON { .integer(self) }

  public init?(json: JSON) {
    guard let value = json.integer else { return nil }
    self = value
  }
}

extension Double: JSONValue {
  public var json: JSON { .number(self) }

  public init?(json: JSON) {
    guard let value = json.double else { return nil }
    self = value
  }
}

extension Array: JSONValue where Element: JSONValue {
  @inlinable public var json: JSON { .array(map { $0.json }) }

  /// Reads the elements; nil if one cannot be read.
  @inlinable
  public init?(json: JSON) {
    guard let values = json.array else { return nil }
    self = values.compactMap { Element(json: $0) }
    guard count == values.count else { return nil }
  }
}

/// Values without an order, written in the order of their size.
extension Set: JSONValue where Element: JSONValue & Comparable {
  public var json: JSON { sorted().json }

  /// Reads the elements, without those that cannot be read.
  public init?(json: JSON) {
    guard let values = json.array else { return nil }
    self.init(values.lazy.compactMap { Element(json: $0) })
  }
}

/// Values by key, written in the order of the keys.
extension Dictionary: JSONValue
where Key: LosslessStringConvertible & Comparable, Value: JSONValue {
  public var json: JSON {
    .object(JSONObject(sorted { $0.key < $1.key }.map { .init($0.key.description, $0.value.json) }))
  }

  /// Reads the members, without those that cannot be read.
  public init?(json: JSON) {
    guard let members = json.object?.members else { return nil }
    self.init()
    for member in members {
      if let key = Key(member.key) { self[key] = Value(json: member.value) }
    }
  }
}

/// Ranges, each written as a pair of numbers: its first, and the one after its last.
extension RangeSet: JSONValue where Bound == Int {
  public var json: JSON {
    .array(ranges.map { [.integer($0.lowerBound), .integer($0.upperBound)] })
  }

  /// Reads ranges, without pairs that are none.
  public init?(json: JSON) {
    guard let pairs = json.array else { return nil }
    self.init()
    for json in pairs {
      guard let pair = [Int](json: json), pair.count == 2, pair[0] < pair[1] else { continue }
      insert(contentsOf: pair[0]..<pair[1])
    }
  }
}

extension Timestamp: JSONValue {
  /// Reads milliseconds since 1970.
  public init?(json: JSON) {
    guard let timestamp = json.timestamp else { return nil }
    self = timestamp
  }
}

extension Retention: JSONValue {
  /// The retention as requests spell it.
  public var json: JSON { .string(text) }

  /// Reads a retention as requests spell it.
  public init?(json: JSON) {
    guard let text = json.string else { return nil }
    self.init(text)
  }
}

extension ReportSums: JSONValue {
  /// Reads the sums; nil without an object.
  public init?(json: JSON) {
    guard json.object != nil else { return nil }
    self.init(json)
  }
}

extension String: JSONValue {}
extension Name: LosslessStringConvertible, JSONValue {}
extension PilotName: LosslessStringConvertible, JSONValue {}
extension JobID: LosslessStringConvertible, JSONValue {}
extension Cause: LosslessStringConvertible, JSONValue {}
extension TaskState: JSONValue {}
extension DatasetState: JSONValue {}
extension Queue: JSONValue {}
extension PilotState: JSONValue {}
