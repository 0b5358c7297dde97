/// The members of an object, in their order; keys are unique.
public struct JSONObject: Equatable, Sendable {
  /// A key with its value.
  public struct Member: Equatable, Sendable {
    /// The key.
    public var key: String
    /// The value.
    public var value: JSON
    /// The line of the text on which the key stands; 0 if the member was not read from text.
    public var line: Int

    /// Makes a member; `line` is for one that was read from text.
    public init(_ key: String, _ value: JSON, line: Int = 0) {
      self.key = key
      self.value = value
      self.line = line
    }

    /// Returns true if key and value are the same, wherever they were read.
    public static func == (left: Member, right: Member) -> Bool {
      left.key == right.key && left.value == right.value
    }
  }

  /// The members, in their order. A writer keeps their keys unique.
  public var members: [Member]

  /// Makes an object of members whose keys are unique.
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

  /// Returns the line on which a key stands; nil if it is not there, or was not read from text.
  public func line(of key: String) -> Int? {
    for member in members where member.key == key { return member.line == 0 ? nil : member.line }
    return nil
  }
}
