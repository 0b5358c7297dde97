/// A JSON value (RFC 8259). Objects keep the order of their members.
///
/// This is our own code, because no package reports what a person who dropped a file needs to hear:
/// the line of an error, the line of a key, and keys given twice.
public enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  /// A number without fraction and exponent that fits 64 bits.
  case integer(Int)
  /// Any other number.
  case number(Double)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

extension JSON {
  /// The value of a member; nil if there is none, or if this is no object.
  public subscript(key: String) -> JSON? {
    if case .object(let object) = self { return object[key] }
    return nil
  }

  /// The text of a string; nil for any other value.
  public var string: String? {
    if case .string(let text) = self { return text }
    return nil
  }

  /// The number of an integer; nil for any other value.
  public var integer: Int? {
    if case .integer(let value) = self { return value }
    return nil
  }

  /// The number of an integer or a number; nil for any other value.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The value of `true` or `false`; nil for any other value.
  public var bool: Bool? {
    if case .bool(let value) = self { return value }
    return nil
  }

  /// The elements of an array; nil for any other value.
  public var array: [JSON]? {
    if case .array(let values) = self { return values }
    return nil
  }

  /// The members of an object; nil for any other value.
  public var object: JSONObject? {
    if case .object(let object) = self { return object }
    return nil
  }

  /// The value as a message names it: a short value itself, else "an array" or "an object".
  public var kindName: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let text): "\"\(text.count > 40 ? text.prefix(40) + "…" : text[...])\""
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral, ExpressibleByBooleanLiteral
{
  /// Makes a string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// Makes an integer.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// Makes `true` or `false`.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// Makes an array.
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  /// Makes an object; the members keep their order.
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(JSONObject(elements.map { JSONObject.Member($0.0, $0.1) }))
  }
}
