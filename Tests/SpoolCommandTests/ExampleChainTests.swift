import SpoolModel
import SpoolStore
import Testing

extension CommandTests {
  /// The chains of the examples, as their pages tell to run them: a buffer that fills meanwhile.
  @Suite(.serialized) struct ExampleChains {
    private func submit(_ lab: Lab, _ example: String, _ values: [String]) async throws {
      try lab.makeDirectory("buffer")
      let directory = "\(Lab.package)/examples/\(example)"
      let sets = (values + ["buffer=\(lab.path)/buffer", "data=\(lab.path)/data"])
        .map { "--set '\($0)'" }.joined(separator: " ")
      let submit = try await lab.shell(
        "spool submit '\(directory)/buffer.json' '\(directory)/chain.json' \(sets)")
      #expect(submit.code == 0, Comment(rawValue: submit.said))
    }

    @Test func onlineFilter() async throws {
      let frames = CommandTests.isLong ? 200 : 24
      try await Lab.run { lab in
        _ = try lab.start("watch")
        _ = try lab.start("pilot", "--cpus", "2")
        try await submit(lab, "online-filter", ["run=42", "input=run42.raw"])
        let generate = try await lab.shell(
          "frames generate --out buffer --frames \(frames) --run 42 --seed 42 --pace 20 --end run42.end"
        )
        #expect(generate.code == 0, Comment(rawValue: generate.said))
        let wait = try await lab.spool("wait", "run42", "--timeout", "5m")
        #expect(wait.code == 0, Comment(rawValue: wait.said))

        let page = try lab.summary("run42")
        #expect(
          page["eventsIn"]?.double == Double(frames * 240), "every slice of every frame is read")
        let factor = try #require(page["suppression"]?.double)
        #expect(factor >= 20)
        #expect(page["jobs"]?["done"]?.integer == 3 * frames + 1)
        // One file is left of all that was between: the rest went as it was read.
        try await lab.waitFor("the files between the steps to go") {
          ["hits", "tracks", "pairs"].allSatisfy { lab.names("data/\($0)").isEmpty }
        }
        #expect(lab.visible("data") == ["hits", "pairs", "run42.pairs", "tracks"])
        let whole = try await lab.shell(
          """
          set -e; mkdir selected
          for file in buffer/*.raw; do
            frames select $file selected/$(basename $file .raw).frame
          done
          frames list selected/*.frame >whole; frames list data/run42.pairs >merged
          cmp whole merged
          """)
        #expect(whole.code == 0, Comment(rawValue: whole.said))
        try await lab.expectClean()
      }
    }

    @Test(
      .enabled(
        if: Examples.data != nil,
        "no data: put cms-zmumu where SPOOL_DATA says, or in ../shared/data"))
    func zmumu() async throws {
      let data = try #require(Examples.data)
      let python = Examples.variable("SPOOL_PYTHON") ?? "python3"
      try await Lab.run { lab in
        guard try await lab.shell("'\(python)' -c 'import uproot, matplotlib'").code == 0 else {
          return print(
            "not run: \(python) has no uproot or no matplotlib; SPOOL_PYTHON may name one")
        }
        // The chain calls python3, which is to be the one that has them.
        let directory = python.split(separator: "/").dropLast().joined(separator: "/")
        let path = lab.environment["PATH"] ?? ""
        lab.environment["PATH"] = python.hasPrefix("/") ? "/\(directory):\(path)" : path
        let example = "\(Lab.package)/examples/zmumu"
        _ = try lab.start("watch")
        _ = try lab.start("pilot", "--cpus", "2")
        try await submit(lab, "zmumu", ["run=z1", "input=z1.raw", "scripts=\(example)"])
        let fill = try await lab.shell(
          """
          for file in '\(data)'/*.root; do
            cp "$file" buffer/.next && mv buffer/.next "buffer/${file##*/}"
          done
          touch buffer/z1.end
          """)
        #expect(fill.code == 0, Comment(rawValue: fill.said))
        let wait = try await lab.spool("wait", "z1", "--timeout", "5m")
        #expect(wait.code == 0, Comment(rawValue: wait.said))
        let compare = try await lab.shell(
          "'\(python)' '\(example)/compare.py' spool/done/z1.json '\(data)/EXPECTED.json'")
        #expect(compare.code == 0, Comment(rawValue: compare.said))
        #expect(compare.output.contains("2004 of 2304 events selected, 30 bins equal"))
        let merged = try await lab.shell(
          "'\(python)' -c 'import uproot; print(uproot.open(\"data/z1.root\")[\"events\"].num_entries)'"
        )
        #expect(merged.output == "2004\n", Comment(rawValue: merged.said))
        let picture = try lab.files.read("\(lab.path)/data/z1.png", limit: 1 << 20)
        #expect(picture.starts(with: [0x89, 0x50, 0x4e, 0x47]) && picture.count > 5000)
        try await lab.expectClean()
      }
    }
  }
}
