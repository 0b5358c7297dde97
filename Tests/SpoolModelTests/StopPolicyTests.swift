import SpoolModel
import Testing

/// `"stop"` and `"checkpoint"` of a task, a chain and a job's file.
struct StopPolicyTests {
  @Test func theUsualValues() throws {
    let spec = try task(["stop": [:], "checkpoint": ["file": "state.bin"]])
    #expect(spec.stop == StopPolicy())
    #expect(spec.stop?.signal == .term && spec.stop?.before == nil)
    #expect(spec.stop?.grace == .seconds(2))
    let checkpoint = try #require(spec.checkpoint)
    #expect(checkpoint == CheckpointPolicy(file: "state.bin"))
    #expect(checkpoint.exit == 85 && checkpoint.resumes == 100)
    #expect(checkpoint.maxSize == 1_000_000_000)
    #expect(try task([:]).stop == nil && task([:]).checkpoint == nil)
  }

  @Test(arguments: ["USR1", "SIGUSR1", "usr1", "SigUsr1"]) func namesOfSignals(_ name: String)
    throws
  {
    #expect(try task(["stop": ["signal": .string(name)]]).stop?.signal == .usr1)
  }

  @Test func aWarningComesWithinTheWallTime() throws {
    let error = requestError {
      _ = try task(["resources": ["wall": "5m"], "stop": ["before": "5m"]])
    }
    #expect(error?.key == "stop.before")
    #expect(error?.message == "expected less than the wall time of 5m 00s")
  }

  /// A step that says nothing of it has its chain's, as a whole.
  @Test func chains() throws {
    let json: JSON = [
      "kind": "chain", "name": "c", "input": ["count": 1], "stop": ["signal": "USR1"],
      "steps": [
        ["name": "a", "command": ["x"], "outputs": [["path": "/d/{index}"]]],
        ["name": "b", "command": ["x"], "stop": ["grace": "5s"]],
      ],
    ]
    let steps = try ChainSpec(json, root: "/").steps
    #expect(steps[0].task.stop?.signal == .usr1)
    #expect(steps[1].task.stop?.signal == .term && steps[1].task.stop?.grace == .seconds(5))
  }

  @Test func inAJobsFile() throws {
    var document = try Example.document()
    var stop = StopPolicy()
    stop.signal = .usr2
    stop.before = .milliseconds(90_500)
    document.stop = stop
    let job = document.job
    let name = KeptCheckpoint.name(job, attempt: 3, try pilotName("node07-3fa91c22"))
    #expect(name == "00000017.a3@node07-3fa91c22")
    document.checkpoint = JobCheckpoint(
      policy: CheckpointPolicy(file: "s"), resumed: 2,
      kept: KeptCheckpoint(file: name, size: 7, adler32: "03da0195"))
    let read = try JobFile(document.fileContents).document
    #expect(read.stop == stop && read.checkpoint == document.checkpoint)
    #expect(read == document)
  }

  /// What a damaged or foreign job file may not make the pilot do.
  @Test(arguments: ["../x.a1@n-0", "00000017.a1@", "0000017.a1@n-0", "00000017.ax@n-0", "a", ""])
  func namesThatAreNone(_ name: String) {
    #expect(!KeptCheckpoint.isName(name))
    #expect(
      KeptCheckpoint(json: ["file": .string(name), "size": 1, "adler32": "00000001"]) == nil)
  }

  @Test func namesOfParts() {
    #expect(KeptCheckpoint.isName(".00000017.a3@node07-3fa91c22"))
    let found = KeptCheckpoint.attempt(of: ".00000017.a12@node07-3fa91c22")
    #expect(found?.index == 17 && found?.attempt == 12)
  }
}
