internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// The files of the page. Every view of it has a path of its own, and all give the same file.
enum PageRoutes {
  private struct File: Sendable {
    var buffer: ByteBuffer
    var type: String
    var tag: String
  }

  private static let files: [String: File] = EmbeddedFiles.all
    .filter { !$0.key.hasPrefix(EmbeddedFiles.schemaPrefix) }
    .reduce(into: [:]) { files, entry in
      let digest = Hex.text(
        Tokens.digest(of: String(decoding: entry.value, as: UTF8.self)).prefix(8))
      files[entry.key] = File(
        buffer: ByteBuffer(bytes: entry.value), type: type(of: entry.key), tag: "\"\(digest)\"")
    }

  private static let index = "index.html"
  private static let api = "api.html"

  /// Adds the routes of the page.
  static func add(to router: Router<GatewayContext>) {
    for path in ["/", "/ui", "/ui/**"] {
      router.get(RouterPath(path)) { request, _ in try answer(index, request) }
    }
    router.get("/api") { request, _ in try answer(api, request) }
    for name in files.keys where name != index && name != api {
      router.get(RouterPath("/\(name)")) { request, _ in try answer(name, request) }
      router.get(RouterPath("/assets/\(name)")) { request, _ in try answer(name, request) }
    }
  }

  private static func answer(_ name: String, _ request: Request) throws -> Response {
    guard let file = files[name] ?? files[index] else { throw Problem(.notFound, "no such file") }
    let fields: HTTPFields = [
      .contentType: file.type, .eTag: file.tag, .cacheControl: "no-cache",
    ]
    if request.headers[.ifNoneMatch] == file.tag {
      return Response(status: .notModified, headers: fields)
    }
    return Response(status: .ok, headers: fields, body: ResponseBody(byteBuffer: file.buffer))
  }

  private static func type(of name: String) -> String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "js", "mjs": "text/javascript; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "json": "application/json"
    case "webmanifest": "application/manifest+json"
    case "woff2": "font/woff2"
    default: "application/octet-stream"
    }
  }
}
