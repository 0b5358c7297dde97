import Glibc
import SpoolModel
import Testing

/// Manifests, and requests of a size that nobody meant.
extension BadInput {
  private static let header = "{\"kind\": \"dataset\", \"name\": \"lines\"}\n"

  static let manifests: [BadInput] = [
    BadInput(
      "a dataset's file above", manifest("up", ["a", "../b"]),
      .refused(["line", "files[1]", "\"..\" in \"../b\""])),
    BadInput(
      "a file twice in a manifest", manifest("twice", ["a", "./a"]),
      .refused(["files[1]", "/a\" is given twice"])),
    BadInput(
      "a manifest of a file", manifest("parts", ["raw/a.raw"]),
      .seen { lab in
        try await lab.waitFor("the catalogue") {
          lab.text("spool/datasets/parts.jsonl").contains("a.raw")
        }
      }),
    BadInput(
      "a manifest of it again", manifest("parts", ["raw/b.raw", "raw/a.raw"]),
      .refused(["raw/a.raw\" is in the dataset parts already"])),
    BadInput(
      "a manifest's unknown key", ["kind": "dataset", "name": "d", "fles": []],
      .refused(["key \"fles\"", "did you mean \"files\"?"])),
    BadInput(
      "lines, the third bad", "third.jsonl", header + "\"a\"\n{\"path\": }\n\"c\"\n",
      .refused(["line 3", "not JSON", "expected a value"])),
    BadInput(
      "lines, the second no path", "second.jsonl", header + "{\"size\": 7}\n",
      .refused(["line 2", "path", "missing"])),
    BadInput(
      "lines, one above", "above.jsonl", header + "\"a\"\n\n\"../b\"\n",
      .refused(["line 4", "\"..\" in \"../b\""])),
    BadInput(
      "lines, a file twice", "again.jsonl", header + "\"a\"\n\"b\"\n\"a\"\n",
      .refused(["line 4", "in the dataset lines already"])),
    BadInput(
      "lines without a header", "headless.jsonl", "\"a\"\n\"b\"\n",
      .refused(["line 1", "begins with {\"kind\": \"dataset\""])),
    BadInput(
      "a task in lines", "task.jsonl", String(decoding: plainTask("t").compact, as: UTF8.self),
      .refused(["line 1", "begins with {\"kind\": \"dataset\""])),
    BadInput(
      "lines, files in the header", "full.jsonl",
      "{\"kind\": \"dataset\", \"name\": \"d\", \"files\": []}\n",
      .refused(["line 1", "the files follow, a line each"])),
    BadInput(
      "lines, one of 100,000 letters", "long.jsonl",
      header + "\"\(String(repeating: "l", count: 100_000))\"\n",
      .refused(["line 2", "longer than 65536 bytes"])),
    BadInput(
      "lines, one of 70,000 letters in a meta", "meta.jsonl",
      header
        + "{\"path\": \"a\", \"meta\": {\"m\": \"\(String(repeating: "l", count: 70_000))\"}}\n",
      .refused(["line 2", "longer than 65536 bytes"])),
    BadInput(
      "a million empty lines", "empty.lines.jsonl",
      .written { Array(header.utf8) + Array(repeating: 10, count: 1_000_000) + Array("no\n".utf8) },
      .refused(["line 1000002", "not JSON"])),
  ]

  /// A gigabyte without a block on the disk.
  private static func sparse(_ head: String, _ path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw Errno() }
    defer { close(file) }
    guard write(file, head, head.utf8.count) == head.utf8.count, ftruncate(file, 1 << 30) == 0
    else {
      throw Errno()
    }
  }

  /// `head`, the same entry so many times, and `tail`.
  private static func list(
    _ head: String, _ count: Int, of entry: String, _ tail: String
  ) -> Drop {
    .written {
      Array((head + String(repeating: entry + ",", count: count - 1) + entry + tail).utf8)
    }
  }

  /// With different entries.
  private static func list(
    _ head: String, _ count: Int, _ entry: @escaping @Sendable (Int) -> String, _ tail: String
  ) -> Drop {
    .written { Array((head + (0..<count).map(entry).joined(separator: ",") + tail).utf8) }
  }

  private static let head =
    "{\"kind\": \"task\", \"name\": \"NAME\", \"command\": [\"false\"], \"stopAfter\": 0,\n"
    + "\"retry\": {\"attempts\": 1}, \"resources\": {\"memory\": \"50MB\"},\n"

  private static func task(_ name: String, _ rest: String) -> String {
    head.replacing("NAME", with: name) + rest
  }

  static let sizes: [BadInput] = [
    BadInput(
      "a gigabyte of JSON", "gigabyte.json", .made { try sparse("{", $0) },
      .refused(["larger than 16 MiB", "NAME.jsonl"])),
    BadInput(
      "a gigabyte in the first line", "gigabyte.jsonl", .made { try sparse("{", $0) },
      .refused(["line 1", "longer than 65536 bytes"])),
    BadInput(
      "a gigabyte in the second line", "gigabyte.2.jsonl", .made { try sparse(header, $0) },
      .refused(["line 2", "longer than 65536 bytes"])),
    BadInput(
      "a million input files", "million.json",
      list(task("million", "\"input\": {\"files\": ["), 1_000_000, of: "\"/d/f.raw\"", "]}}"),
      .refused(["line 3", "too many values", "NAME.jsonl"])),
    BadInput(
      "200,000 input files", "many.json",
      list(task("many", "\"input\": {\"files\": ["), 200_000, of: "\"/d/f.raw\"", "]}}"),
      .refused(["line 3", "input.files", "200000 entries, and 100000 may be", "NAME.jsonl"])),
    BadInput(
      "a million files in a manifest", "million.files.json",
      list(
        "{\"kind\": \"dataset\", \"name\": \"many\", \"files\": [", 1_000_000, of: "\"/d/f.raw\"",
        "]}"),
      .refused(["line 1", "too many values", "NAME.jsonl"])),
    BadInput(
      "eight million numbers", "numbers.json",
      list("{\"kind\": \"task\", \"meta\": {\"a\": [", 8_000_000, of: "0", "]}}"),
      .refused(["line 1", "too many values"])),
    BadInput(
      "100,000 values", "values.json",
      list(task("values", "\"input\": {\"values\": ["), 100_000, { "\"value \($0)\"" }, "]}}"),
      .fails("values", ["more than 0 jobs failed"], told: nil)),
    BadInput(
      "100,000 files with their sizes, the last bad", "inputs.json",
      list(
        task("inputs", "\"input\": {\"files\": ["), 100_000,
        {
          "{\"path\": \"/data/run42/f\($0).raw\", \"size\": \($0 < 99_999 ? 4_000_000 : -1), \"x-run\": 42}"
        },
        "]}}"),
      .refused(["line 3", "input.files[99999].size", "found -1"])),
    BadInput(
      "100,000 values, the last bad", "last.json",
      list(
        task("last", "\"input\": {\"values\": ["), 100_000, { $0 == 99_999 ? "true" : "\($0)" },
        "]}}"),
      .refused([
        "line 3", "input.values[99999]", "expected a string, a number or an object, found true",
      ])),
  ]
}

/// What the system said, for a test that could not make what it needs.
struct Errno: Error {
  let code = errno
}
