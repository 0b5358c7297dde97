import Glibc
import SpoolModel
import Testing

extension CommandTests {
  /// `spool pilots`, and what it tells pilots.
  @Suite(.serialized) struct Pilots {
    /// Runs until a file is there.
    private static let gate = "until [ -e \"$1\" ]; do sleep 0.05; done"

    private func pilots(_ lab: Lab) async throws -> [JSON] {
      let listing = try await lab.spool("pilots", "--format", "json")
      #expect(listing.code == 0, Comment(rawValue: listing.said))
      return try JSON.parse(Array(listing.output.utf8)).array ?? []
    }

    @Test func listsThem() async throws {
      try await Lab.run { lab in
        let empty = try await lab.spool("pilots")
        #expect(empty.code == 0)
        #expect(empty.errors.contains("no watcher is alive"))
        _ = try lab.start("watch")
        _ = try lab.start(
          "pilot", "--cpus", "3", "--memory", "4GB", "--tags", "a+b", "--lifetime", "2h")
        try await lab.drop(
          task(
            "t", input: ["count": 2], ["sh", "-c", Self.gate, "sh", "\(lab.path)/go"],
            ["resources": ["memory": "1GB", "wall": "1m"]]), as: "t.json")
        try await lab.waitFor("two jobs") { lab.allClaims.count == 2 }
        try await lab.waitFor("that it says so") {
          try lab.pilotRecord()?["jobs"]?.integer == 2
        }
        let pilot = try #require(try await pilots(lab).first)
        #expect(pilot["state"]?.string == "active")
        #expect(pilot["free"]?["cpus"]?.integer == 1)
        let ends = (pilot["ends"]?.integer ?? 0) - (pilot["started"]?.integer ?? 0)
        #expect((7_195_000...7_200_000).contains(ends), "\(ends)")
        #expect((0..<10_000).contains(pilot["age"]?.integer ?? -1))
        let table = try await lab.spool("pilots").output
        for word in ["2 of 3", "2.0 GB of 4.0 GB", "a+b", "active", pilot["host"]?.string ?? "?"] {
          #expect(table.contains(word), "\(word) is not in\n\(table)")
        }
        try lab.write("go", "")
        try await lab.waitFor("the end") { lab.hasEnded("t") }
        try await lab.expectClean()
      }
    }

    /// By the name of the pilot, and of its host: it ends what it runs, and goes.
    @Test(arguments: [false, true]) func drain(byHost: Bool) async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        let program = try lab.start("pilot", "--cpus", "1", "--drain", "0s")
        try await lab.drop(
          task("t", input: ["count": 3], ["sh", "-c", Self.gate, "sh", "\(lab.path)/go"]),
          as: "t.json")
        try await lab.waitFor("a job") { lab.allClaims.count == 1 }
        let record = try #require(try await pilots(lab).first)
        let name = try #require(record[byHost ? "host" : "pilot"]?.string)
        let drain = try await lab.spool("pilots", "drain", name, name)
        #expect(drain.code == 0, Comment(rawValue: drain.said))
        #expect(drain.output.contains("leaves when its jobs have ended"))
        #expect(try await pilots(lab).first?["state"]?.string == "draining")
        try await lab.waitFor("that it notices") {
          lab.text(program.errorPath).contains("told to leave")
        }
        #expect(program.code == nil)
        #expect(lab.allClaims.count == 1)
        try lab.write("go", "")
        #expect(try await lab.end(of: program).code == 0)
        #expect(try await pilots(lab).isEmpty)
        #expect(try lab.ledger("t").filter { $0["outcome"]?.string == "ok" }.count <= 1)
        _ = try lab.start("pilot")
        try await lab.waitFor("the end") { lab.hasEnded("t") }
        #expect(try lab.ledger("t").allSatisfy { $0["attempt"]?.integer == 1 })
        try await lab.expectClean()
      }
    }

    @Test func whoIsNotThere() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        _ = try lab.start("pilot")
        try await lab.waitFor("a pilot") { try lab.pilotRecord() != nil }
        let name = try #require(try lab.pilotRecord()?["pilot"]?.string)
        for verb in ["drain", "release"] {
          let near = try await lab.spool("pilots", verb, name + "0")
          #expect(near.code == 66)
          #expect(near.errors.contains("did you mean \"\(name)\""))
          let far = try await lab.spool("pilots", verb, "zzzzzzzzzzzzzzzzzz")
          #expect(far.code == 66 && far.errors.contains("`spool pilots` lists them"))
        }
        let release = try await lab.spool("pilots", "release", name)
        #expect(release.code == 0 && release.output.contains("neither quarantined"))
      }
    }

    /// Who may not write into the spool is told so. (The superuser may always.)
    @Test(.enabled(if: geteuid() == 0)) func whoMayNot() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        _ = try lab.start("pilot")
        try await lab.waitFor("a pilot") { try lab.pilotRecord() != nil }
        let name = try #require(try lab.pilotRecord()?["pilot"]?.string)
        // The lab is its owner's alone otherwise, and the program may be in nobody's reach.
        let spool = "\(lab.path)/program"
        try await lab.shell("cp '\(Lab.products)/spool' '\(spool)'; chmod 755 '\(spool)'")
          .expectGood()
        try await lab.shell("chmod 755 '\(lab.path)' '\(lab.path)/..'").expectGood()
        let drain = try await lab.end(
          of: lab.launch([
            "/usr/bin/setpriv", "--reuid=65534", "--clear-groups", spool, "pilots", "drain", name,
          ]))
        #expect(drain.code == 69, Comment(rawValue: drain.said))
        #expect(drain.errors.contains("cannot drain \(name)") && drain.errors.contains("EACCES"))
      }
    }

    @Test func leavesWhenIdle() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        try await lab.drop(task("t", input: ["count": 5], ["true"]), as: "t.json")
        try await lab.waitFor("jobs") { lab.visible("spool/ready-cpu").count == 5 }
        let pilot = try lab.start("pilot", "--exit-when-idle")
        #expect(try await lab.end(of: pilot, within: 30).code == 0)
        #expect(lab.hasEnded("t"))
        #expect(lab.text(pilot.errorPath).contains("nothing is left to do"))
        try await lab.expectClean()
      }
    }

    /// At the end of its lifetime it gives back what runs, at no cost, and leaves.
    @Test func lifetime() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        try await lab.drop(
          task(
            "t", input: ["count": 1], ["sh", "-c", Self.gate, "sh", "\(lab.path)/go"],
            ["resources": ["memory": "50MB", "wall": "2s"], "retry": ["attempts": 1]]),
          as: "t.json")
        try await lab.drop(
          task(
            "long", input: ["count": 1], ["true"],
            ["resources": ["memory": "50MB", "wall": "1m"]]), as: "long.json")
        try await lab.waitFor("jobs") { lab.visible("spool/ready-cpu").count == 2 }
        let pilot = try lab.start("pilot", "--lifetime", "2500ms")
        try await lab.waitFor("the job") { lab.allClaims.count == 1 }
        #expect(try await lab.end(of: pilot, within: 30).code == 0)
        #expect(lab.text(pilot.errorPath).contains("its lifetime is over"))
        #expect(!lab.hasEnded("long"))
        try lab.write("go", "")
        _ = try lab.start("pilot")
        try await lab.waitFor("the ends") { lab.hasEnded("long") && lab.hasEnded("t") }
        try await lab.expectClean()
      }
    }
  }
}

extension Lab {
  /// What the only pilot says of itself.
  func pilotRecord() throws -> JSON? {
    guard let name = names("spool/running").first(where: { !$0.hasSuffix(".json") }) else {
      return nil
    }
    return try? json("spool/running/\(name)/pilot.json")
  }
}

extension Lab.Ended {
  func expectGood() { #expect(code == 0, Comment(rawValue: said)) }
}
