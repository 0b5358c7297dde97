import FoundationEssentials
import SpoolModel
import Testing

/// The files of a recorded run of the watcher, so that types are held against real bytes.
struct RecordedFiles {
  struct File {
    var path: String
    var bytes: [UInt8]

    /// The lines of a view, without its header.
    var lines: [[UInt8]] { bytes.split(separator: 10).dropFirst().map(Array.init) }
  }

  /// What a file of the recording holds: `=== PATH BYTES`, a line's end, the bytes, a line's end.
  let files: [File]

  init(_ name: String) throws {
    let directory = #filePath.dropLast("SpoolModelTests/RecordedFiles.swift".count)
    let path = "\(directory)SpoolWatcherTests/Fixtures/\(name)"
    var rest = try #require(FileManager.default.contents(atPath: path)).map(\.self)[...]
    var files: [File] = []
    while let end = rest.firstIndex(of: 10) {
      let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
      let count = try #require(words.count == 3 ? Int(words[2]) : nil)
      let body = rest[(end + 1)...].prefix(count)
      files.append(File(path: String(words[1]), bytes: Array(body)))
      rest = rest[body.endIndex...].dropFirst()
    }
    self.files = files
  }

  /// The files of a directory.
  func below(_ directory: String, _ ending: String) -> [File] {
    files.filter { $0.path.hasPrefix(directory + "/") && $0.path.hasSuffix(ending) }
  }
}
