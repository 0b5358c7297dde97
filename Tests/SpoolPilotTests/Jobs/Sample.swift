import SpoolModel
import Testing

/// What tests of a job's stages begin with.
enum Sample {
  /// A job of ten minutes, 2 GB and 90 s without a sign of life.
  static func document(
    inputs: [InputFile] = [], outputs: [JobOutput] = [], verifies: Bool = false,
    incarnation: String = "9c1f"
  ) throws -> JobDocument {
    JobDocument(
      job: try #require(JobID("run42.reco.00000017")), incarnation: incarnation, attempt: 1,
      owner: 1001, inputs: inputs, verifiesChecksum: verifies, command: [try Template("work")],
      outputs: outputs, environment: [], wall: .seconds(600), memory: 2_000_000_000,
      stuck: .seconds(90))
  }
}
