import Glibc
import SpoolModel
import SpoolStore
import Testing

extension CommandTests {
  /// The examples, as their pages tell to run them.
  @Suite(.serialized) struct Examples {
    @Test func frames() async throws {
      let frames = CommandTests.isLong ? 120 : 16
      try await Lab.run { lab in
        let generate = try await lab.shell(
          "frames generate --out data/raw --frames \(frames) --manifest manifest.json --truth truth.txt"
        )
        #expect(generate.code == 0, Comment(rawValue: generate.said))
        _ = try lab.start("watch")
        for _ in 0..<2 { _ = try lab.start("pilot", "--cpus", "1") }
        try await lab.cp("manifest.json", as: "frames.raw.json")
        try await lab.cp("\(Lab.package)/examples/frames/task.json", as: "frames.select.json")
        let wait = try await lab.spool("wait", "frames.select", "--timeout", "10m")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        #expect(wait.output.contains("suppression"))

        let report = try lab.summary("frames.select")["report"]
        let read = try #require(report?["eventsIn"]?.integer)
        let kept = try #require(report?["eventsOut"]?.integer)
        #expect(read == frames * 240, "every slice of every frame is read")
        #expect(kept > 0 && read >= 20 * kept, "\(read) in, \(kept) out")
        #expect(lab.names("data/selected").count == frames)
        #expect(try lab.catalogue("frames.selected").count == frames)
        let sizes = try lab.names("data/selected").reduce(0) {
          $0 + (try lab.files.attributes(of: "\(lab.path)/data/selected/\($1)").size)
        }
        #expect(report?["bytesOut"]?.integer == sizes)
        let histogram = try await lab.shell("frames histogram data/selected/*.frame")
        #expect(histogram.output.contains("\(frames) frames, \(kept) of \(read) slices"))
        try await lab.expectClean()
      }
    }

    private static func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }
    }

    /// Where the real data are, if they are.
    static let data: String? = {
      let path = variable("SPOOL_DATA") ?? Lab.package + "/../shared/data"
      let files = path + "/cms-zmumu"
      return access(files + "/EXPECTED.json", R_OK) == 0 ? files : nil
    }()

    @Test(
      .enabled(
        if: data != nil, "no data: put cms-zmumu where SPOOL_DATA says, or in ../shared/data"),
      arguments: [true, false])
    func zmumu(_ isTaskFirst: Bool) async throws {
      let data = try #require(Self.data)
      let python = Self.variable("SPOOL_PYTHON") ?? "python3"
      try await Lab.run { lab in
        guard try await lab.shell("'\(python)' -c 'import uproot'").code == 0 else {
          return print("not run: \(python) has no uproot; SPOOL_PYTHON may name one that has")
        }
        let example = Lab.package + "/examples/zmumu"
        let prepare = try await lab.shell(
          """
          set -e; '\(python)' '\(example)/manifest.py' '\(data)' >manifest.json
          sed 's|SCRIPT|\(example)/select_z.py|; s|"python3"|"\(python)"|' '\(example)/task.json' >task.json
          """)
        #expect(prepare.code == 0, Comment(rawValue: prepare.said))
        _ = try lab.start("watch")
        for _ in 0..<2 { _ = try lab.start("pilot", "--cpus", "1") }
        let drops = [("task.json", "zmumu.select.json"), ("manifest.json", "zmumu.raw.json")]
        for (file, name) in isTaskFirst ? drops : drops.reversed() {
          try await lab.cp(file, as: name)
        }
        let wait = try await lab.spool("wait", "zmumu.select", "--timeout", "5m")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        try await expectExactSums(lab, python, data)
      }
    }

    private func expectExactSums(_ lab: Lab, _ python: String, _ data: String) async throws {
      #expect(lab.names("data/zmumu") == (0..<12).map { "frame-0\($0 < 10 ? "0" : "")\($0).root" })
      let page = try lab.summary("zmumu.select")
      #expect(page["jobs"]?["done"]?.integer == 12)
      #expect(page["report"]?["eventsIn"]?.integer == 2304)
      #expect(page["report"]?["eventsOut"]?.integer == 2004)
      #expect(try lab.catalogue("zmumu.selected").count == 12)
      let compare = try await lab.shell(
        "'\(python)' '\(Lab.package)/examples/zmumu/compare.py' spool/done/zmumu.select.json "
          + "'\(data)/EXPECTED.json'")
      #expect(compare.code == 0, Comment(rawValue: compare.said))
      #expect(compare.output.contains("all as expected"))
      try await lab.expectClean()
    }
  }
}
