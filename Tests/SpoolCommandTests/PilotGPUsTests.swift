import Testing

@testable import SpoolClient
@testable import SpoolCommands

/// What `--gpus` means, by the GPUs that were found.
struct PilotGPUsTests {
  private func choose(_ count: Int?, of found: [String]) throws -> (gpus: [String], said: [String])
  {
    var said: [String] = []
    let gpus = try PilotGPUs.choose(count, of: found) { said.append($0) }
    return (gpus, said)
  }

  @Test func fewerThanThereAre() throws {
    #expect(try choose(nil, of: ["a", "b"]) == (["a", "b"], []))
    #expect(try choose(1, of: ["a", "b"]) == (["a"], []))
    #expect(try choose(0, of: ["a", "b"]) == ([], []))
    #expect(try choose(0, of: []) == ([], []))
  }

  /// Where none is found the operator is obeyed, and told.
  @Test func numbersWhereNoneIsFound() throws {
    let (gpus, said) = try choose(2, of: [])
    #expect(gpus == ["0", "1"])
    #expect(said.count == 1 && said.first?.contains("--gpus 2") == true)
  }

  @Test func moreThanThereAre() {
    #expect(throws: Failure.self) { try choose(3, of: ["a", "b"]) }
  }
}
