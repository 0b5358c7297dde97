/// The checkpoint of a task whose jobs may end before they are done, and go on later: `"checkpoint"`.
public struct CheckpointPolicy: Equatable, Sendable {
  /// The name of the file in the payload's scratch directory.
  public var file: String
  /// The exit code by which a payload says that it is not done, and is to go on from the file.
  public var exit = 85
  /// The number of times that a job may go on.
  public var resumes = 100
  /// The most bytes of the file.
  public var maxSize = 1_000_000_000

  /// The most bytes that a task may allow.
  public static let largest = 100_000_000_000
  /// The most bytes of the file's name.
  public static let longestName = 100

  /// Makes the policy of a task that names nothing but the file.
  public init(file: String) { self.file = file }
}

extension Fields {
  /// Reads a policy, as `{"file": "state.bin", "exit": 85, "resumes": 100, "maxSize": "1GB"}`.
  func checkpoint(_ key: String) throws(RequestError) -> CheckpointPolicy? {
    guard let json = object[key] else { return nil }
    return try CheckpointPolicy(
      Fields(
        json, path: full(key), line: lineOf(key), keys: ["file", "exit", "resumes", "maxSize"]))
  }
}

extension CheckpointPolicy {
  fileprivate init(_ fields: Fields) throws(RequestError) {
    _ = try fields.required("file", "the name of a file in the scratch directory, as \"state.bin\"")
    let name = try fields.string("file") ?? ""
    guard Self.isName(name) else {
      throw fields.fault(
        "file",
        "expected the name of a file in the scratch directory, without \"/\" and no dot in front, of "
          + "at most \(Self.longestName) bytes, found \"\(name)\"")
    }
    self.init(file: name)
    exit = try fields.integer("exit", in: 1...255) ?? exit
    resumes = try fields.integer("resumes", in: 1...1_000_000) ?? resumes
    maxSize =
      try fields.quantity("maxSize", "a size as \"1GB\" or \"100MiB\"", Units.bytes) ?? maxSize
    guard (1...Self.largest).contains(maxSize) else {
      throw fields.fault("maxSize", "expected from 1B to \(Units.text(bytes: Self.largest))")
    }
  }

  private static func isName(_ name: String) -> Bool {
    (1...longestName).contains(name.utf8.count) && !name.hasPrefix(".")
      && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 < 32 }
  }
}
