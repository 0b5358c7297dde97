import SpoolModel
import Testing

/// Requests that are accepted, and what becomes of them.
extension BadInput {
  /// A task of one job over `raw/a.raw` that fails.
  private static func job(
    _ title: String, _ name: String, _ command: [String], with more: [String: JSON] = [:],
    _ cause: Cause, _ words: String...
  ) -> BadInput {
    BadInput(
      title, task(name, input: ["files": ["raw/a.raw"]], command, more), .job(name, cause, words))
  }

  private static func output(_ path: String, _ more: [String: JSON] = [:]) -> [String: JSON] {
    var output = JSONObject([.init("path", .string(path))])
    for (key, value) in more { output[key] = value }
    return ["outputs": [.object(output)]]
  }

  private static func input(_ file: JSON, _ more: [String: JSON] = [:]) -> [String: JSON] {
    more.merging(["input": ["files": [file]]]) { $1 }
  }

  private static let copy = ["cp", "{input}", "{output}"]

  static let waiting: [BadInput] = [
    BadInput(
      "a dataset that is closed with fewer files than announced",
      ["kind": "dataset", "name": "short", "files": ["raw/a.raw"], "closed": true, "expected": 5],
      .seen { lab in
        try await lab.waitFor("the page to tell") {
          lab.text("spool/STATUS").contains("the dataset short: 1 of 5 files came")
        }
      }
    )
    .when(.now),
    BadInput(
      "a dataset that never comes", task("never", input: "nobody.makes.it", ["true"]),
      .fails(
        "never", ["the dataset nobody.makes.it did not come within 10.0 s"],
        told: "never: the dataset nobody.makes.it is not there yet")
    )
    .when(.now),
    BadInput("its reader", task("short.reader", input: "short", ["true"]), .done("short.reader"))
      .when(.now),
    BadInput(
      "a dataset that is closed", manifest("shut", ["raw/a.raw"], closed: true),
      .seen { lab in
        try await lab.waitFor("the catalogue") {
          lab.text("spool/datasets/shut.jsonl").contains("raw/a.raw")
        }
      }),
    BadInput(
      "its reader, too",
      task("reader", input: "shut", ["true", "{inputs}"], ["filesPerJob": "all"]), .done("reader")),
    BadInput(
      "a manifest of a closed dataset", manifest("shut", ["raw/b.raw"]),
      .refused(["the dataset shut is closed, with 1 files"])
    ).when(.ended("reader")),
    BadInput(
      "outputs for a closed dataset",
      task("late", input: ["count": 1], ["true"], output("out/late.{index}", ["dataset": "shut"])),
      .refused(["key \"outputs\"", "the dataset shut is closed"])
    ).when(.ended("reader")),
    BadInput(
      "a name that is a dataset's",
      task("shut", input: ["count": 1], ["true"], output("out/shut.{index}")),
      .refused(["key \"outputs\"", "the dataset shut is closed"])
    ).when(.ended("reader")),
    BadInput(
      "outputs that join the input", task("own", input: "own", copy, output("out/own.{stem}")),
      .refused(["key \"outputs\"", "its own input own"])),
  ]

  static let jobs: [BadInput] = [
    job(
      "a program that is not there", "j.lost", ["no-such-program"], .program, "no-such-program",
      "ENOENT"),
    job("a program that is a directory", "j.directory", ["/usr"], .program, "/usr", "EISDIR"),
    job(
      "a program without the right to run", "j.plain", ["{input}"], with: input("bin/plain"),
      .program, "bin/plain", "EACCES"),
    job(
      "a program that is none", "j.odd", ["{input}"], with: input("bin/odd"), .program, "bin/odd",
      "ENOEXEC"),
    job(
      "a program over the bounds of the system", "j.long",
      ["echo", String(repeating: "a", count: 200_000)], .program, "echo", "E2BIG"),
    job(
      "a command of three megabytes", "j.huge", ["echo", String(repeating: "a", count: 3_000_000)],
      .refused, "its file would have 3", "may be", "shorten its command"),
    job(
      "an input that is not there", "j.gone", copy,
      with: input("raw/nothing.raw", output("out/gone.{stem}")), .input,
      "raw/nothing.raw is not there"),
    job(
      "an input that is a directory", "j.dir", copy,
      with: input("raw/dir", output("out/dir.{stem}")), .input, "raw/dir is no file"),
    job(
      "an input that is a FIFO", "j.fifo", copy, with: input("raw/fifo", output("out/fifo.{stem}")),
      .input, "raw/fifo is no file"),
    job(
      "an input of another size", "j.size", copy,
      with: input(["path": "raw/a.raw", "size": 7], output("out/size.{stem}")), .input,
      "raw/a.raw has 6 bytes, not 7"),
    job(
      "an input of another checksum", "j.sum", copy,
      with: input(
        ["path": "raw/a.raw", "adler32": "00000001"],
        output("out/sum.{stem}", [:]).merging(["verify": "checksum"]) { $1 }), .input,
      "raw/a.raw has the checksum", "not 00000001"),
    job(
      "an output that stands there", "j.exists", copy, with: output("out/there.txt"), .exists,
      "output exists", "out/there.txt"),
    job(
      "a directory where the output goes", "j.occupied", copy, with: output("out/occupied"),
      .exists, "output exists", "out/occupied"),
    job(
      "a FIFO that is to be overwritten", "j.pipe", copy,
      with: output("out/pipe", ["overwrite": true]), .exists, "output exists", "out/pipe"),
    job(
      "an output below a file", "j.below", copy, with: output("out/there.txt/deep/{stem}.txt"),
      .staging, "out/there.txt", "ENOTDIR"),
    job(
      "an output in a file", "j.in", copy, with: output("out/there.txt/{stem}.txt"), .staging,
      "out/there.txt", "ENOTDIR"),
    BadInput(
      "an output directory that is not there",
      task("j.made", input: ["files": ["raw/a.raw"]], copy, output("out/new/deep/{stem}.txt")),
      .seen { lab in
        try await lab.waitFor("the output") { lab.text("out/new/deep/a.txt") == "a.raw\n" }
      }),
    job(
      "no output written", "j.nothing", ["true"], with: output("out/nothing.{stem}"), .output,
      "did not write", "out/nothing.a"),
    job(
      "a report that is none", "j.report", ["sh", "-c", "echo none > \"$0\"", "{report}"], .output,
      "report"),
    job(
      "too little time", "j.wall", ["sleep", "60"],
      with: ["resources": ["memory": "50MB", "wall": "100ms"], "retry": ["attempts": 1]], .wall,
      "over its wall time of 100 ms"),
    BadInput(
      "two jobs with one output",
      task(
        "j.twins", input: ["values": ["a", "a"]], ["tee", "{output}"],
        output("out/twins.{value}.txt")),
      .job("j.twins", .refused, ["out/twins.a.txt is also written by j.twins.00000000"])),
    BadInput(
      "a value that leads up",
      task("j.up", input: ["values": ["../../x"]], ["tee", "{output}"], output("out/{value}.txt")),
      .job("j.up", .refused, ["\"..\" in", "out/../../x.txt"])),
    BadInput(
      "a value that leads into the spool",
      task(
        "j.spool", input: ["values": ["spool/STATUS"]], ["tee", "{output}"],
        output("{value}", ["overwrite": true])),
      .job("j.spool", .refused, ["spool/STATUS is inside the spool"])),
    BadInput(
      "a value that is no file's name",
      task(
        "j.named", input: ["values": [.string(String(repeating: "v", count: 200))]],
        ["tee", "{output}"], output("out/{value}")),
      .job("j.named", .refused, ["longer than 160 bytes"])),
    BadInput(
      "an empty value",
      task("j.empty", input: ["values": [""]], ["tee", "{output}"], output("out/empty/{value}")),
      .job("j.empty", .refused, ["is empty or longer"])),
    job(
      "a script with the line ends of another system", "j.crlf", ["{input}"],
      with: input("bin/crlf"), .program, "the interpreter of /", "bin/crlf", "ENOENT"),
  ]

  static let doubles: [BadInput] = [
    BadInput(
      "a task that runs",
      task(
        "sleeper", input: ["files": ["raw/a.raw"]],
        ["sh", "-c", "until [ -e \"$0.go\" ]; do sleep 0.1; done", "{input}"],
        output("out/held.{index}.txt", ["optional": true])),
      .seen { lab in
        try await lab.waitFor("its page") { lab.isThere("spool/running/sleeper.json") }
      }),
    BadInput(
      "the name of a task that runs", plainTask("sleeper"),
      .refused(["key \"name\"", "there is a task sleeper already (active)"])
    ).when(.running("sleeper")),
    BadInput(
      "an output of a task that runs",
      task("thief", input: ["count": 1], ["true"], output("out/held.{index}.txt")),
      .refused(["key \"outputs\"", "out/held.{index}.txt is also written by the task sleeper"])
    ).when(.running("sleeper")),
    BadInput(
      "the name of a task that has ended", plainTask("bom"),
      .refused(["key \"name\"", "there is a task bom already (done)"])
    ).when(.ended("bom")),
  ]
}
