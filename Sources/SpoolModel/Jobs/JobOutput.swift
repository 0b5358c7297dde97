/// An output as a job's file names it.
public struct JobOutput: Equatable, Sendable {
  /// The final path, absolute.
  public var path: String
  /// For `{output:NAME}`.
  public var name: String?
  public var isOptional: Bool

  public init(path: String, name: String?, isOptional: Bool) {
    self.path = path
    self.name = name
    self.isOptional = isOptional
  }

  /// Where a pilot stages it: `.spool.a1@PILOT.NAME` beside the final path (R3), the extension
  /// kept, since some programs go by it.
  public func part(attempt: Int, pilot: PilotName) -> String {
    "\(FilePath.directory(path))/\(Self.partName(FilePath.base(path), attempt, pilot))"
  }

  static func partName(_ base: Substring, _ attempt: Int, _ pilot: PilotName) -> String {
    ".spool.a\(attempt)@\(pilot).\(base)"
  }
}

extension JobOutput {
  var json: JSON {
    var object = JSONObject([.init("path", .string(path))])
    if let name { object["name"] = .string(name) }
    if isOptional { object["optional"] = true }
    return .object(object)
  }

  init(_ json: JSON) throws(RequestError) {
    guard let path = json["path"]?.string else { throw RequestError(key: "outputs", "no path") }
    self.init(
      path: path, name: json["name"]?.string, isOptional: json["optional"]?.bool ?? false)
  }
}
