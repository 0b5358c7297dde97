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

    /// The steps of examples/online-filter, one after the other, keep what the whole filter keeps.
    @Test func stepsAreTheFilter() async throws {
      try await Lab.run(nil) { lab in
        let steps = try await lab.shell(
          """
          set -e; mkdir hits tracks pairs selected reports
          frames generate --out raw --frames 4 --run 42 --pace 1 --end run42.end --truth truth.txt
          for file in raw/*.raw; do
            name=$(basename $file .raw)
            frames decode $file hits/$name.hits --report reports/decode.$name
            frames reconstruct hits/$name.hits tracks/$name.tracks --report reports/reconstruct.$name
            frames select tracks/$name.tracks pairs/$name.pairs --report reports/select.$name
            frames select $file selected/$name.frame
          done
          frames merge merged.pairs pairs/*.pairs --report reports/merge.all
          frames merge again.pairs $(ls -r pairs/*.pairs)
          cmp merged.pairs again.pairs
          """)
        #expect(steps.code == 0, Comment(rawValue: steps.said))
        #expect(lab.names("raw") == (0..<4).map { "frame-00000\($0).raw" } + ["run42.end"])

        let report = try lab.json("reports/merge.all")
        let kept = try #require(report["eventsOut"]?.integer)
        #expect(kept > 0 && 4 * 240 >= 20 * kept, "\(kept) of \(4 * 240)")
        let bins = (0..<50).compactMap { report["hist\($0 < 10 ? "0" : "")\($0)"]?.integer }
        #expect(bins.count == 50 && bins.reduce(0, +) == kept)
        for view in ["list", "histogram", "score --truth truth.txt"] {
          let merged = try await lab.shell("frames \(view) merged.pairs")
          let whole = try await lab.shell("frames \(view) selected/*.frame")
          #expect(merged.code == 0 && merged.output == whole.output, "\(view): \(merged.said)")
        }
        try await expectSums(lab)
      }
    }

    /// What goes into a step is what came out of the one before.
    private func expectSums(_ lab: Lab) async throws {
      var last = (events: 4 * 240, bytes: 0)
      for (step, suffix) in [("decode", "hits"), ("reconstruct", "tracks"), ("select", "pairs")] {
        var (read, kept, written) = (0, 0, 0)
        for number in 0..<4 {
          let name = "frame-00000\(number)"
          let report = try lab.json("reports/\(step).\(name)")
          let size = try lab.files.attributes(of: "\(lab.path)/\(suffix)/\(name).\(suffix)").size
          #expect(report["bytesOut"]?.integer == size)
          read += try #require(report["eventsIn"]?.integer)
          kept += try #require(report["eventsOut"]?.integer)
          written += size
        }
        #expect(read == last.events && kept <= read, "\(step): \(read) in, \(kept) out")
        last = (kept, written)
      }
      let merge = try lab.json("reports/merge.all")
      #expect(merge["eventsIn"]?.integer == last.events)
      #expect(merge["bytesIn"]?.integer == last.bytes)
    }

    @Test func stepsRefuseWhatIsNotTheirs() async throws {
      try await Lab.run(nil) { lab in
        let made = try await lab.shell(
          """
          set -e; frames generate --out raw --frames 1 --slices 40
          frames generate --out other --frames 1 --slices 40 --run 2
          for d in raw other; do
            frames decode $d/frame-000000.raw $d/a.hits; frames reconstruct $d/a.hits $d/a.tracks
            frames select $d/a.tracks $d/a.pairs
          done
          head -c -1 raw/a.hits >short.hits; { cat raw/a.hits; printf x; } >long.hits
          { head -c 99 raw/a.hits; printf '\\377'; tail -c +101 raw/a.hits; } >damaged.hits
          """)
        #expect(made.code == 0, Comment(rawValue: made.said))
        for (line, code, words) in [
          ("decode raw/a.hits o", 2, "raw/a.hits: does not begin with 'SFRM'"),
          ("reconstruct raw/frame-000000.raw o", 2, "does not begin with 'SEVT'"),
          ("reconstruct raw/a.tracks o", 2, "holds reconstructed events, expected decoded ones"),
          ("select raw/a.hits o", 2, "holds decoded events, expected reconstructed ones"),
          ("reconstruct short.hits o", 2, "bytes long, expected"),
          ("reconstruct long.hits o", 2, "bytes long, expected"),
          ("reconstruct damaged.hits o", 2, "is damaged: its checksum is"),
          ("merge o raw/a.pairs raw/a.tracks", 2, "expected selected ones"),
          ("merge o raw/a.pairs raw/a.pairs", 2, "has frame 0, which is in raw/a.pairs, too"),
          ("merge o raw/a.pairs other/a.pairs", 2, "is of run 2, expected run 1"),
          ("merge o", 64, "expected OUT and IN"), ("decode nothing o", 66, "cannot read nothing"),
        ] {
          let ended = try await lab.shell("frames \(line)")
          #expect(ended.code == Int32(code) && ended.errors.contains(words), "\(line): \(ended)")
          #expect(!lab.isThere("o"), "\(line)")
        }
      }
    }

    /// The table of a chain, from a summary as a chain that has ended leaves it.
    @Test func tableOfAChain() async throws {
      let python = Self.variable("SPOOL_PYTHON") ?? "python3"
      try await Lab.run(nil) { lab in
        guard try await lab.shell("'\(python)' -c 'import json'").code == 0 else {
          return print("not run: there is no \(python); SPOOL_PYTHON may name one")
        }
        let step = { (name: String, read: Int, kept: Int) -> JSON in
          [
            "name": .string(name), "task": .string("run42.\(name)"), "state": "done",
            "jobs": ["total": 2, "done": 2, "failed": 0], "cpu": 2, "runTime": 3,
            "report": ["eventsIn": .integer(read), "eventsOut": .integer(kept), "bytesIn": 9000],
            "outputs": ["files": 2, "bytes": 3000],
          ]
        }
        try lab.write(
          "run42.json",
          [
            "format": 1, "kind": "chain-summary", "chain": "run42", "state": "done",
            "steps": [step("decode", 48000, 48000), step("select", 48000, 1200)],
          ])
        let script = "'\(python)' '\(Lab.package)/examples/online-filter/result.py'"
        let table = try await lab.shell("\(script) run42.json")
        #expect(table.code == 0, Comment(rawValue: table.said))
        #expect(table.output.contains("suppression 40.0 in events, 3.0 in bytes"))
        #expect(table.output.contains("48,000   1,200    40.0"), Comment(rawValue: table.output))
        try lab.write("no.json", ["kind": "summary"])
        let refused = try await lab.shell("\(script) no.json")
        #expect(refused.code == 2 && refused.errors.contains("expected the summary of a chain"))
      }
    }

    static func variable(_ name: String) -> String? {
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

    /// The merge of examples/zmumu by hand: one file with all events and the histogram.
    @Test(
      .enabled(
        if: data != nil, "no data: put cms-zmumu where SPOOL_DATA says, or in ../shared/data"))
    func zmumuMerge() async throws {
      let data = try #require(Self.data)
      let python = Self.variable("SPOOL_PYTHON") ?? "python3"
      try await Lab.run(nil) { lab in
        guard try await lab.shell("'\(python)' -c 'import uproot'").code == 0 else {
          return print("not run: \(python) has no uproot; SPOOL_PYTHON may name one that has")
        }
        let example = Lab.package + "/examples/zmumu"
        try lab.write("select.all.py", Self.selectAll)
        try lab.write("look.py", Self.look)
        let merge = try await lab.shell(
          """
          set -e; mkdir selected
          '\(python)' select.all.py '\(example)' '\(data)'
          '\(python)' '\(example)/merge.py' merged.root selected/*.root --report report.json
          '\(python)' look.py merged.root '\(data)/EXPECTED.json'
          """)
        #expect(merge.code == 0, Comment(rawValue: merge.said))
        #expect(merge.output.contains("2004 entries, bins equal"), Comment(rawValue: merge.said))
        let report = try lab.json("report.json")
        #expect(report["eventsIn"]?.integer == 2004 && report["eventsOut"]?.integer == 2004)
        let refused = try await lab.shell("'\(python)' '\(example)/merge.py' no.root report.json")
        #expect(refused.code == 2 && refused.errors.contains("report.json, expected a ROOT file"))
        #expect(!lab.isThere("no.root"))
        try await expectPicture(lab, python)
      }
    }

    private func expectPicture(_ lab: Lab, _ python: String) async throws {
      guard try await lab.shell("'\(python)' -c 'import matplotlib'").code == 0 else {
        return print("not drawn: \(python) has no matplotlib")
      }
      let plot = try await lab.shell(
        "'\(python)' '\(Lab.package)/examples/zmumu/plot.py' merged.root z.png")
      #expect(plot.code == 0, Comment(rawValue: plot.said))
      let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47]
      let picture = try lab.files.read("\(lab.path)/z.png", limit: 1 << 20)
      #expect(picture.starts(with: signature) && picture.count > 5000)
    }

    /// Every file in one process: Python takes longer to begin than to select.
    private static let selectAll = """
      import sys
      from pathlib import Path
      sys.path.insert(0, sys.argv[1])
      import select_z
      for path in Path(sys.argv[2]).glob("*.root"):
          sys.argv[1:] = [str(path), f"selected/{path.name}"]
          assert select_z.main() == 0
      """

    private static let look = """
      import json, sys, uproot
      expected = json.load(open(sys.argv[2]))["histogram"]["counts"]
      with uproot.open(sys.argv[1]) as file:
          bins = [int(count) for count in file["mass"].values()]
          equal = "equal" if bins == expected else f"{bins}, expected {expected}"
          print(f"{file['events'].num_entries} entries, bins {equal}")
      """

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
