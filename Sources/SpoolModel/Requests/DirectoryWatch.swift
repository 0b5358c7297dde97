/// A buffer directory whose files join a dataset as they appear: `watch` of a manifest (DESIGN 5).
public struct DirectoryWatch: Hashable, Sendable {
  /// The directory, absolute, without a final slash.
  public var directory: String
  /// The pattern of the names that join.
  public var pattern: FilePattern
  /// The name of the marker file whose appearance closes the dataset. It joins no dataset.
  public var closeOn: String?
  /// The time for which a file must have stood still, if no event told that it was closed.
  public var settle: Duration
  /// The time for which a file must have stood still since it was closed. A file that is moved in
  /// joins at once.
  public var minAge: Duration

  /// The usual time to settle: longer than network mounts cache the attributes of a file.
  public static let usualSettle = Duration.seconds(5)
  /// The usual age: many programs close a file and append to it a moment later.
  public static let usualMinAge = Duration.seconds(2)
  static let keys = ["directory", "pattern", "closeOn", "settle", "minAge"]

  init(_ outer: Fields, root: String) throws(RequestError) {
    let fields = try Fields(
      outer.object["watch"] ?? .null, path: "watch", line: outer.lineOf("watch"), keys: Self.keys)
    _ = try fields.required("directory", "the directory to watch")
    directory = try Self.directory(fields, root: root)
    if let text = try fields.string("pattern"), text.utf8.contains(UInt8(ascii: "/")) {
      throw fields.fault(
        "pattern",
        "a watch is of the names in one directory, not of those below it: drop a manifest for each "
          + "directory; or name files that are there already with `spool submit --input 'data/**/*.raw'`"
      )
    }
    pattern = FilePattern(try Self.name(fields, "pattern") ?? "*")
    guard pattern.text.utf8.first != UInt8(ascii: ".") else {
      throw fields.fault("pattern", "names that begin with a dot join no dataset")
    }
    closeOn = try Self.name(fields, "closeOn")
    settle = try fields.duration("settle", "a time as \"5s\"") ?? Self.usualSettle
    guard (.milliseconds(1)...Duration.seconds(86_400)).contains(settle) else {
      throw fields.fault("settle", "expected from 1ms to 1d")
    }
    minAge = try fields.duration("minAge", "a time as \"2s\"") ?? min(Self.usualMinAge, settle)
    guard (.zero...settle).contains(minAge) else {
      throw fields.fault("minAge", "expected no more than \"settle\", \(Units.text(settle))")
    }
  }

  private static func directory(_ fields: Fields, root: String) throws(RequestError) -> String {
    let text = try fields.string("directory") ?? ""
    let directory = try fields.directoryPath(text, root: root, "directory")
    guard directory != "/" else { throw fields.fault("directory", "not the root of all files") }
    return directory
  }

  private static func name(_ fields: Fields, _ key: String) throws(RequestError) -> String? {
    guard let text = try fields.string(key) else { return nil }
    guard (1...255).contains(text.utf8.count), text != ".", text != "..",
      !text.utf8.contains(UInt8(ascii: "/")), !text.unicodeScalars.contains(where: Self.isControl)
    else {
      throw fields.fault(key, "expected a file's name in that directory, found \"\(text)\"")
    }
    return text
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 32 || scalar.value == 127
  }

  /// Returns true for a name that joins. Names that begin with a dot never do, nor do names that no
  /// request could hold.
  public func covers(_ name: String) -> Bool { isMeant(name) && Self.isPrintable(name) }

  /// Returns true for a name that would join, did it not hold a line's end or another control
  /// character.
  public func isUnprintable(_ name: String) -> Bool { !Self.isPrintable(name) && isMeant(name) }

  private func isMeant(_ name: String) -> Bool {
    name.utf8.first != UInt8(ascii: ".") && name != closeOn && pattern.matches(name)
  }

  private static func isPrintable(_ name: String) -> Bool {
    name.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
  }

  /// Returns the path of a file in the directory.
  public func path(_ name: String) -> String { "\(directory)/\(name)" }
}

extension DirectoryWatch: JSONValue {
  /// The watch as a manifest holds it, the directory absolute.
  public var json: JSON {
    var object = JSONObject([
      .init("directory", .string(directory)), .init("pattern", .string(pattern.text)),
    ])
    if let closeOn { object["closeOn"] = .string(closeOn) }
    object["settle"] = settle.json
    if minAge != min(Self.usualMinAge, settle) { object["minAge"] = minAge.json }
    return .object(object)
  }

  /// Reads a watch as `json` wrote it; nil for anything else.
  public init?(json: JSON) {
    guard let fields = try? Fields(["watch": json], keys: ["watch"]),
      let watch = try? DirectoryWatch(fields, root: "/")
    else { return nil }
    self = watch
  }
}
