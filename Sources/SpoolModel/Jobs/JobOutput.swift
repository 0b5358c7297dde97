/// An output as a job's file names it.
public struct JobOutput: Equatable, Sendable {
  /// The final path, absolute.
  public var path: String
  /// The NAME of `{output:NAME}`; nil for an output without a name.
  public var name: String?
  /// True if the job may end well without it.
  public var isOptional: Bool
  /// True if a file at the final path is replaced.
  public var overwrites: Bool

  /// Makes an output.
  public init(path: String, name: String?, isOptional: Bool, overwrites: Bool = false) {
    self.path = path
    self.name = name
    self.isOptional = isOptional
    self.overwrites = overwrites
  }

  /// Returns the path at which a pilot stages the output: `.spool.a1@PILOT.NAME` beside the final
  /// path (R3). The extension is kept, since some programs go by it.
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
    if overwrites { object["overwrite"] = true }
    return .object(object)
  }

  init(_ json: JSON) throws(RequestError) {
    guard let path = json["path"]?.string else { throw RequestError(key: "outputs", "no path") }
    self.init(
      path: path, name: json["name"]?.string, isOptional: json["optional"]?.bool ?? false,
      overwrites: json["overwrite"]?.bool ?? false)
  }
}
