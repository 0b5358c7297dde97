import SpoolModel
import Testing

/// The container of payloads, in tasks, chains, `spool.json` and jobs.
struct ContainerTests {
  private func image(_ text: String, root: String = "/data") throws -> String? {
    try task(["container": ["image": .string(text)]], root: root).container?.container?.image
  }

  @Test func anImageIsAPathOrAReference() throws {
    #expect(try task().container == nil)
    #expect(try task(["container": "none"]).container == ContainerChoice.none)
    #expect(try image("/cvmfs/x.sif") == "/cvmfs/x.sif")
    #expect(try image("x.sif") == "/data/x.sif")
    #expect(try image("./sandbox/") == "/data/sandbox")
    #expect(try image("debian:12") == "debian:12")
    #expect(try image("docker://reg.org:5000/a/b@sha256:00ff") == "reg.org:5000/a/b@sha256:00ff")
    let spec = try task(["container": ["image": "x.sif", "mounts": ["cond", "/cvmfs"]]])
    #expect(spec.container?.container?.mounts == ["/data/cond", "/cvmfs"])
    // What is kept means the same, wherever it is read again.
    #expect(try TaskSpec(.object(spec.source), root: "/other").container == spec.container)
  }

  @Test(
    arguments: [
      ("x", "container"), (7, "container"), ([:], "container.image"),
      (["image": ""], "container.image"),
      (["image": "--privileged"], "container.image"), (["image": "a b"], "container.image"),
      (["image": "oras://x/y"], "container.image"), (["image": "a/../b.sif"], "container.image"),
      (["image": "a", "mounts": ["/"]], "container.mounts[0]"),
      (["image": "a", "mounts": [1]], "container.mounts[0]"),
      (["image": "a", "mount": []], "container.mount"),
    ] as [(JSON, String)]) func whatIsNone(_ value: JSON, _ key: String)
  {
    #expect(requestError { _ = try task(["container": value]) }?.key == key)
  }

  /// The name of a job says that its pilot must run containers.
  @Test func itsTag() throws {
    let tags: JSON = ["cpus": 2, "tags": ["ssd", "avx2"]]
    let spec = try task(["container": ["image": "a"], "resources": tags])
    #expect(spec.shape.tags == ["avx2", "container", "ssd"])
    #expect(try task(["container": ["image": "/a"]]).shape.tags == ["apptainer"])
    #expect(try task(["container": "none", "resources": tags]).shape.tags == ["avx2", "ssd"])
    let long: JSON = ["tags": ["abcdefghijklmnopqrstuvwxyz"]]
    let error = requestError { _ = try task(["container": ["image": "a"], "resources": long]) }
    #expect(error?.key == "container" && error?.message.contains("32 bytes") == true)
  }

  @Test func notWithASetup() throws {
    let error = requestError { _ = try task(["container": ["image": "a"], "setup": "/s"]) }
    #expect(error?.key == "container" && error?.message.contains("either a setup") == true)
    #expect(try task(["container": ["image": "a"], "setup": "none"]).container?.container != nil)
    #expect(requestError { _ = try task(["container": ["image": "a"], "directory": "/"]) } != nil)
  }

  /// A step's own word goes before that of its chain; a setup of its own takes the chain's container
  /// away, and the other way round.
  @Test func aChainGivesItsSteps() throws {
    let text = """
      {"kind": "chain", "name": "c", "input": "i", "container": {"image": "chain.sif"},
       "steps": [{"name": "a", "command": ["x"], "outputs": [{"path": "{stem}.a"}]},
                 {"name": "b", "command": ["x"], "container": {"image": "b"}, "input": "a"},
                 {"name": "d", "command": ["x"], "container": "none", "input": "a"},
                 {"name": "e", "command": ["x"], "setup": "/s", "input": "a"}]}
      """
    guard case .chain(let spec) = try Request(bytes(text), root: "/data") else {
      throw RequestError("no chain")
    }
    #expect(
      spec.steps.map { $0.task.container?.container?.image } == ["/data/chain.sif", "b", nil, nil])
    let again = try ChainSpec(.object(spec.source), root: "/other")
    #expect(again.steps.map(\.task.container) == spec.steps.map(\.task.container))
  }

  /// What `spool.json` says is recorded with the task, which keeps it.
  @Test func theSpoolsOwn() throws {
    let text = #"{"format": 1, "container": {"image": "/site.sif", "mounts": ["/cvmfs"]}}"#
    let config = try SpoolConfig(bytes(text))
    #expect(try SpoolConfig(config.json.compact).container == config.container)
    let read = { (changes: [String: JSON?]) throws -> TaskSpec? in
      let request = try Request(taskJSON(changes).compact, root: "/data", config: config)
      return if case .task(let spec) = request { spec } else { nil }
    }
    let spec = try #require(try read([:]))
    #expect(spec.container == config.container)
    #expect(try TaskSpec(.object(spec.source), root: "/").container == config.container)
    #expect(try read(["container": "none"])?.container == ContainerChoice.none)
    #expect(try read(["container": ["image": "a"]])?.container?.container?.image == "a")
    #expect(try read(["setup": "/s"])?.container == nil)
    #expect(try read(["setup": "none"])?.container == config.container)
    #expect(
      requestError {
        _ = try SpoolConfig(bytes(#"{"format": 1, "container": {"image": "x.sif"}}"#))
      } != nil)
  }

  /// A pilot that knows no containers must not run the command without one: to it the file is damaged.
  @Test func earlierPilotsRefuseTheJob() throws {
    let id = try #require(JobID("t.00000000"))
    var job = JobDocument(
      job: id, incarnation: "1", attempt: 1, owner: 0, inputs: [], verifiesChecksum: false,
      command: [try Template("w")], outputs: [], environment: [], wall: .seconds(1), memory: 1 << 20
    )
    #expect(job.json["format"] == 2)
    job.container = Container(image: "a", mounts: ["/m"])
    #expect(job.json["format"] == 3)
    #expect(try JobFile(job.fileContents).document == job)
    var later = job.json.object ?? JSONObject()
    later["format"] = 4
    let error = requestError { _ = try JobFile(SealedJSON.encode(.object(later)) + [10]) }
    #expect(error?.message.contains("later version") == true)
  }
}
