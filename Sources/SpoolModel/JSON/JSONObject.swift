/// The members of an object, in their order; keys are unique.
public struct JSONObject: Equatable, Sendable {
  /// A key, its value, and the line of the text on which the key stands (0: not read from text).
  public struct Member: Equatable, Sendable {
    public var key: String
    public var value: JSON
    public var line: Int

    public init(_ key: String, _ value: JSON, line: Int = 0) {
      self.key = key
      self.value = value
      self.line = line
    }

    public static func == (left: Member, right: Member) -> Bool {
      left.key == right.key && left.value == right.value
    }
  }

  public var members: [Member]

  public init(_ members: [Member] = []) { self.members = members }

  /// The value of a key; setting it appends or replaces, setting nil removes.
  public subscript(key: String) -> JSON? {
    get {
      for member in members where member.key == key { return member.value }
      return nil
    }
    set {
      guard let index = members.firstIndex(where: { $0.key == key }) else {
        if let newValue { members.append(Member(key, newValue)) }
        return
      }
      if let newValue { members[index].value = newValue } else { members.remove(at: index) }
    }
  }

  /// The line of a key, if the object was read from text.
  public func line(of key: String) -> Int? {
    for member in members where member.key == key { return member.line == 0 ? nil : member.line }
    return nil
  }
}
