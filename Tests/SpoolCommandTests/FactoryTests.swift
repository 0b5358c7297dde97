import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

extension CommandTests {
  /// `spool factory local`: pilots are processes of this machine.
  struct FactoryTests {
    private static let options = [
      "--max", "3", "--cpus", "1", "--memory", "200MB", "--every", "1s",
    ]

    private func factory(_ lab: Lab, _ more: [String] = []) throws -> Program {
      // The pilots of a factory that is killed become children of this process, where runners of other tests
      // take them for what their payloads left, and end them, but for what bears the variable of notices.
      lab.environment["SPOOL_EVENT"] = "none"
      return try lab.launch([Lab.products + "/spool", "factory", "local"] + Self.options + more)
    }

    private func pilots(_ lab: Lab) -> [String] {
      lab.visible("spool/running").filter { lab.isThere("spool/running/\($0)/pilot.json") }
    }

    /// From no pilot to all jobs done, to no pilot; never more than the most; a second one stands by, and
    /// what is killed is taken up by the next.
    @Test func fromNoneToNone() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        try await lab.drop(
          task(
            "t", input: ["count": 40],
            ["sh", "-c", "sleep 0.1; echo $1 >\"$2\"", "sh", "{index}", "{output}"],
            [
              "outputs": [["path": "out/{index}.txt"]]
            ]), as: "t.json")
        var first = try factory(lab)
        try await lab.waitFor("a pilot") { !pilots(lab).isEmpty }
        let second = try await lab.end(of: try factory(lab, ["--once"]))
        #expect(second.code == 0 && second.errors.contains("another factory local is at work"))
        try await lab.kill(first)
        first = try factory(lab)
        var most = 0
        try await lab.waitFor("the end", within: 60) {
          most = max(most, pilots(lab).count)
          return lab.hasEnded("t")
        }
        #expect((1...3).contains(most), "\(most)")
        try await lab.waitFor("no pilot") { pilots(lab).isEmpty }
        #expect(try lab.summary("t")["jobs"]?["done"]?.integer == 40)
        #expect(lab.visible("out").count == 40)
        first.signal(SIGTERM)
        #expect(try await lab.end(of: first).code == 0)
        let record = try lab.json("spool/running/@factories/local.json")
        #expect(record["state"]?.string == "ended")
        // One that was still beginning when the work was done leaves by itself.
        try await lab.waitFor("the last pilot's parting") {
          lab.visible("spool/logs/@factories/local").allSatisfy { log in
            lab.text("spool/logs/@factories/local/\(log)").hasSuffix("\(PilotWords.parting)\n")
          }
        }
        try await lab.expectClean()
      }
    }

    /// Pilots that die at once are few, and told with their last words, in `spool status` too.
    @Test func pilotsThatDie() async throws {
      try await Lab.run { lab in
        _ = try lab.start("watch")
        try await lab.drop(task("t", input: ["count": 40], ["true"]), as: "t.json")
        try lab.write("bad", "#!/bin/sh\necho this node is broken >&2\nexit 3\n", mode: 0o755)
        let ended = try await lab.end(
          of: try factory(lab, ["--program", "\(lab.path)/bad"]))
        #expect(ended.code == 69)
        #expect(ended.errors.contains("3 pilots in a row died without a job"))
        #expect(ended.errors.contains("this node is broken"))
        #expect(lab.visible("spool/logs/@factories/local").count == 3)
        let status = try await lab.spool("status")
        #expect(status.output.contains("stopped: 3 pilots in a row died without a job"))
        // Single looks have no memory but the logs, and start no more.
        let once = try await lab.end(
          of: try factory(lab, ["--once", "--program", "\(lab.path)/bad"]))
        #expect(once.code == 69 && lab.visible("spool/logs/@factories/local").count == 3)
        try await lab.expectClean()
      }
    }

    @Test func dryRun() async throws {
      try await Lab.run { lab in
        let ended = try await lab.spool(
          "factory", "slurm", "--cpus", "4", "--memory", "8GB", "--gpus", "2", "--tags", "avx2",
          "--wall", "8h", "--env", "A=b c", "--dry-run", "--", "--partition=cpu")
        #expect(ended.code == 0)
        #expect(ended.errors.contains("handed to: sbatch --parsable --partition=cpu"))
        #expect(ended.output.hasPrefix("#!/bin/sh\n#SBATCH --job-name=spool-slurm-"))
        #expect(ended.output.contains("#SBATCH --gres=gpu:2\n"))
        #expect(ended.output.contains("--tags avx2"))
        #expect(ended.output.contains("--env 'A=b c' --lifetime 28730s --drain 10000ms"))
        #expect(!lab.isThere("spool/running/@factories"))
        try lab.write("own.sh", "#SBATCH -J @name@\nmodule load root\nexec @command@\n")
        let own = try await lab.spool(
          "factory", "slurm", "--cpus", "4", "--memory", "8GB", "--template", "own.sh", "--dry-run")
        #expect(own.code == 0 && own.output.contains("\nmodule load root\nexec /"))
      }
    }

    @Test func mistakes() async throws {
      try await Lab.run { lab in
        for (arguments, words) in [
          (["slurm", "--cpus", "4"], "give --cpus and --memory"),
          (
            ["slurm", "--cpus", "4", "--memory", "8GB", "--wall", "1m"],
            "--wall: expected a time from"
          ),
          (["slurm", "--cpus", "4", "--memory", "8GB", "--gpu-only"], "give --gpus"),
          (["local", "--", "-q", "x"], "local has no options of its own"),
          (["slum"], "slurm"),
          (["local", "--max", "0"], "--max: from 1"),
        ] {
          let ended = try await lab.end(
            of: try lab.launch([Lab.products + "/spool", "factory"] + arguments))
          #expect(ended.code == 64 && ended.errors.contains(words), "\(arguments): \(ended.said)")
        }
        try lab.write("own.sh", "exec @comand@\n")
        let ended = try await lab.spool(
          "factory", "slurm", "--cpus", "4", "--memory", "8GB", "--template", "own.sh", "--dry-run")
        #expect(ended.code == 64 && ended.errors.contains(#"did you mean "command"?"#))
        // A batch system that is not here is told so.
        _ = try lab.start("watch")
        try await lab.waitFor("the watcher") { lab.isThere("spool/watcher.json") }
        lab.environment["PATH"] = lab.path
        let missing = try await lab.spool(
          "factory", "pbs", "--cpus", "4", "--memory", "8GB", "--once")
        #expect(missing.errors.contains("is the batch system installed here?"), "\(missing.said)")
      }
    }
  }
}
