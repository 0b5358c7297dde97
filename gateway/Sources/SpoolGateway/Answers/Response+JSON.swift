internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SpoolModel

extension Response {
  /// Makes an answer of JSON.
  static func json(
    _ json: JSON, status: HTTPResponse.Status = .ok, type: String = "application/json"
  ) -> Response {
    bytes(json.compact, status: status, type: type)
  }

  /// Makes an answer of bytes.
  static func bytes(
    _ bytes: [UInt8], status: HTTPResponse.Status = .ok, type: String
  ) -> Response {
    Response(
      status: status, headers: [.contentType: type],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}

/// JSON that is made of pieces which are text already, as the snapshot holds them.
struct JSONText {
  private(set) var bytes: [UInt8] = []

  /// Adds text that is not a user's.
  mutating func add(_ text: String) { bytes += text.utf8 }

  /// Adds a piece of JSON.
  mutating func add(_ piece: [UInt8]) { bytes += piece }

  /// Returns a page of a list: its entries, and the place of the next page.
  static func list(_ items: [[UInt8]], next: String?) -> [UInt8] {
    var text = JSONText()
    text.add("{\"items\":[")
    for (index, item) in items.enumerated() {
      if index > 0 { text.add(",") }
      text.add(item)
    }
    text.add("],\"next\":")
    text.add(next.map { JSON.string($0).compact } ?? Array("null".utf8))
    text.add("}")
    return text.bytes
  }
}
