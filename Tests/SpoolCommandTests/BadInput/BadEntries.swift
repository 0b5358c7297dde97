import Glibc
import SpoolModel
import Testing

/// What is no file, or has no name for a request; and files that are not written at once.
extension BadInput {
  private static func check(_ result: Int32) throws { if result < 0 { throw Errno() } }

  private static func write(_ path: [CChar]) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    try check(file)
    defer { close(file) }
    try check(Int32(Glibc.write(file, "{}", 2)))
  }

  private static func write(_ path: String) throws { try write(Array(path.utf8CString)) }

  private static func left(
    _ title: String, _ file: String, _ why: String, as name: String? = nil,
    _ make: @escaping @Sendable (String) throws -> Void
  ) -> BadInput {
    BadInput(title, file, .made(make), .left(name: name ?? file, why: why))
  }

  private static let long = String(repeating: "l", count: 196) + ".json"

  static let entries: [BadInput] = [
    left("a link to a good task", "link.json", "a link: copy the file itself") { path in
      try check(symlink("../../drop/linked.json", path))
    },
    left("a link to nothing", "dangling.json", "a link: copy the file itself") {
      try check(symlink("nothing.json", $0))
    },
    left("a link to itself", "loop.json", "a link: copy the file itself") {
      try check(symlink("loop.json", $0))
    },
    left("a directory", "directory.json", "a directory") { try check(mkdir($0, 0o755)) },
    left("a FIFO", "fifo.json", "a FIFO, a socket or a device") { try check(mkfifo($0, 0o644)) },
    left("a socket", "socket.json", "a FIFO, a socket or a device") { try bind($0) },
    left("another extension", "task.yaml", "its name does not end in .json or .jsonl") {
      try write($0)
    },
    left("an editor's copy", "task.json~", "its name does not end in .json or .jsonl") {
      try write($0)
    },
    left("a name of 201 bytes", long, "its name has 201 bytes, and 200 may be") { try write($0) },
    left(
      "a line end in the name", "line\nend.json",
      "a line's end or another control character in its name", as: "line\\nend.json"
    ) {
      try write($0)
    },
    left("a name in Latin-1", "l?tin.json", "not UTF-8", as: "1 names") { path in
      try write(
        path.utf8CString.map { $0 == CChar(UInt8(ascii: "?")) ? CChar(bitPattern: 0xE4) : $0 })
    },
    BadInput("a hidden file", ".hidden.json", .made { try write($0) }, .hidden),
  ]

  /// By its relative name: that of a socket has little room.
  private static func bind(_ path: String) throws {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    try check(descriptor)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) {
      $0.copyBytes(from: path.utf8.prefix($0.count - 1))
    }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(descriptor, $0, size) }
    }
    try check(result)
  }

  static let writers: [BadInput] = [
    BadInput("an empty file", "empty.json", "", .refused(["the text is empty"])),
    BadInput("empty lines", "empty.jsonl", "", .refused(["line 1", "the text is empty"])),
    // It is written for longer than the empty file was looked at, which stood still.
    BadInput(
      "a file that is long being written", "slow.json",
      .shell(
        "{ printf '{\"kind\": \"task\", \"name\": \"slow\", \"input\": {\"count\": 1},'; "
          + "until [ -e slow.go ]; do printf ' '; sleep 0.2; done; "
          + "printf '\"command\": [\"true\"]}'; } > spool/incoming/slow.json"),
      .seen { lab in
        try await lab.waitFor("the page to tell") {
          lab.text("spool/STATUS").contains("slow.json: still being written")
        }
        try await lab.waitFor("the empty file's end") {
          lab.isThere("spool/failed/@refused/empty.json")
        }
        try #require(lab.isThere("spool/incoming/slow.json"))
        try lab.write("slow.go", "")
        try await lab.waitFor("its end") { lab.hasEnded("slow") }
        #expect(try lab.summary("slow")["state"] == "done")
        #expect(!lab.isThere("spool/failed/@refused/slow.json"))
      }),
    BadInput(
      "a file that is replaced while it is read", "replaced.json",
      .shell(
        "for i in $(seq 40); do echo '{\"kind\": \"task\", \"name\": \"r.'$i'\", "
          + "\"input\": {\"count\": 1}, \"command\": [\"true\"], \"resources\": {\"memory\": \"50MB\"}}' "
          + "> spool/incoming/.r && mv spool/incoming/.r spool/incoming/replaced.json; done"),
      .seen { lab in
        try await lab.waitFor("the last one's end") { lab.hasEnded("r.40") }
        #expect(!lab.visible("spool/failed/@refused").contains { $0.contains("replaced") })
        #expect(!lab.isThere("spool/incoming/replaced.json"))
      }),
  ]
}
