internal import CGatewayFiles

/// The files that the program holds: the page's, and the schemas of docs/.
enum EmbeddedFiles {
  /// The files by their names; schemas as `schema/task`.
  static let all: [String: [UInt8]] = {
    var files: [String: [UInt8]] = [:]
    var number = 0
    while true {
      let file = gateway_file_at(number)
      guard let name = file.name, let bytes = file.bytes else { return files }
      files[String(cString: name)] = Array(UnsafeBufferPointer(start: bytes, count: file.length))
      number += 1
    }
  }()

  static let schemaPrefix = "schema/"
}
