import SpoolModel
import Testing

/// The variables and the setup of payloads, in tasks, chains and `spool.json`.
struct EnvironmentTests {
  private func chain(_ members: String, step: String = "") throws -> ChainSpec {
    let text = """
      {"kind": "chain", "name": "c", "input": "i", \(members)
       "steps": [{"name": "a", "command": ["x"]\(step), "outputs": [{"path": "{stem}.a"}]},
                 {"name": "b", "command": ["x"]}]}
      """
    guard case .chain(let spec) = try Request(bytes(text), root: "/data") else {
      throw RequestError("no chain")
    }
    return spec
  }

  private func texts(_ variables: [EnvironmentVariable]) -> [String] {
    variables.map { "\($0.name)=\($0.value.text)" }
  }

  /// A step's own variables and setup go before those of its chain.
  @Test func aChainGivesItsSteps() throws {
    let spec = try chain(
      #""environment": {"A": "chain", "B": "{job}"}, "setup": "set up.sh","#,
      step: #", "environment": {"A": "step", "C": "1"}, "setup": "none""#)
    #expect(texts(spec.steps[0].task.environment) == ["A=step", "C=1", "B={job}"])
    #expect(texts(spec.steps[1].task.environment) == ["A=chain", "B={job}"])
    #expect(spec.steps[0].task.setup == SetupScript.none)
    #expect(spec.steps[1].task.setup == .script("/data/set up.sh"))
    // What is kept means the same, wherever it is read again.
    #expect(try ChainSpec(.object(spec.source), root: "/other") == spec)
    let again = try ChainSpec(.object(spec.source), root: "/other")
    #expect(again.steps.map(\.task.setup) == spec.steps.map(\.task.setup))
    #expect(
      again.steps.map { texts($0.task.environment) }
        == spec.steps.map { texts($0.task.environment) })
  }

  @Test func aSetupIsAPath() throws {
    #expect(try task().setup == nil)
    let spec = try task(["setup": "s/{x}.sh"])
    #expect(spec.setup == .script("/data/s/{x}.sh"))
    #expect(spec.source["setup"] == "/data/s/{x}.sh")
    #expect(try task(["setup": "none"]).setup == SetupScript.none)
    for (value, words) in [(7, "expected a string"), ("a/../b", "\"..\""), ("", "empty")]
      as [(JSON, String)]
    {
      let error = requestError { _ = try task(["setup": value]) }
      #expect(error?.key == "setup" && error?.message.contains(words) == true, "\(words)")
    }
  }

  @Test func aChainsEnvironmentIsChecked() {
    let faults = [
      (#""environment": {"SPOOL_X": "1"},"#, "environment.SPOOL_X"),
      (#""environment": {"A": 1},"#, "environment.A"), (#""environment": [],"#, "environment"),
      (#""environment": {"A": "{x}"},"#, "environment.A"), (#""setup": 1,"#, "setup"),
      (#""environment": {"A": "{value}"},"#, "steps[0].environment.A"),
    ]
    for (members, key) in faults {
      let error = requestError { _ = try chain(members) }
      #expect(error?.key == key && error?.line != nil, "\(members): \(error as Any)")
    }
  }

  @Test func theSpoolsOwn() throws {
    let text = #"{"format": 1, "environment": {"A": "{job}"}, "setup": "/s.sh"}"#
    let config = try SpoolConfig(bytes(text))
    #expect(texts(config.environment) == ["A={job}"])
    #expect(config.setup == .script("/s.sh"))
    #expect(try SpoolConfig(config.json.compact) == config)
    let faults = [
      (
        #""environment": {"A": "{input}"}"#, "environment.A",
        "not all jobs have this: expected {index} {task} {job} {attempt} {report} {scratch}"
      ),
      (#""environment": {"A": 1}"#, "environment.A", "expected a string, found 1"),
      (
        #""setup": "s.sh""#, "setup",
        "expected the absolute path of a script, or \"none\", found \"s.sh\""
      ),
    ]
    for (member, key, message) in faults {
      let error = requestError { _ = try SpoolConfig(bytes("{\"format\": 1,\n\(member)}")) }
      #expect(error == RequestError(line: 2, key: key, message))
    }
  }

  @Test func aTimeIsWrittenInFullSeconds() throws {
    for (milliseconds, text) in [
      (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:01Z"),
      (1_803_888_000_000, "2027-03-01T08:00:00Z"),
    ] {
      #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
      #expect(try #require(Timestamp(rfc3339: text)).milliseconds - milliseconds < 1000)
    }
  }
}
