import SpoolModel
import Testing

@testable import SpoolPilot

/// The cause and the reason of a failure, by the end of a payload.
struct VerdictTests {
  private func failure(
    _ status: PayloadEnd.Status, _ reason: PayloadEnd.Reason = .itself, isReturning: Bool = false,
    printed: String? = "last words", hasCheckpoint: Bool = false
  ) throws -> JobFailure? {
    var document = try Sample.document()
    if hasCheckpoint {
      document.checkpoint = JobCheckpoint(policy: CheckpointPolicy(file: "state"))
    }
    let end = PayloadEnd(id: 1, status: status, reason: reason, cpu: 1, memory: 3_000_000_000)
    return Verdict.failure(
      end, of: document, isReturning: isReturning, lastLines: { printed })
  }

  @Test func aGoodEnd() throws {
    #expect(try failure(.exited(0)) == nil)
    // It was asked to end because its claim is gone or it is given back, and was through before.
    #expect(try failure(.exited(0), .itself, isReturning: true) == nil)
  }

  @Test func anEndOfItsOwn() throws {
    #expect(try failure(.exited(7)) == JobFailure(.exit(7), "last words"))
    #expect(try failure(.signalled(11)) == JobFailure(.signal(11), "last words"))
    #expect(
      try failure(.exited(7), printed: nil)
        == JobFailure(.exit(7), "exit code 7, and nothing printed"))
    #expect(
      try failure(.signalled(11), printed: nil)
        == JobFailure(.signal(11), "ended by signal11, and nothing printed"))
  }

  /// The kernel's killing is told from everybody else's.
  @Test func outOfMemory() throws {
    let failure = try failure(.signalled(9), .outOfMemory)
    #expect(failure?.cause == .memory)
    #expect(failure?.reason.contains("killed by the kernel") == true)
    #expect(failure?.reason.contains("limit 2.0 GB") == true)
  }

  /// Told by its own signal it may have come to its end; all else is given back.
  @Test func afterItsSignal() throws {
    #expect(try failure(.exited(0), .stopped, isReturning: true) == nil)
    #expect(try failure(.exited(85), .stopped, isReturning: true)?.cause == .returned)
    #expect(try failure(.signalled(10), .stopped, isReturning: true)?.cause == .returned)
  }

  /// The exit code of a checkpoint means "not done", however it came about; of a task that names none
  /// it is a failure as any other.
  @Test func notDone() throws {
    for reason in [PayloadEnd.Reason.itself, .stopped, .ended, .wall] {
      #expect(try failure(.exited(85), reason, hasCheckpoint: true)?.cause == .unfinished)
    }
    for reason in [PayloadEnd.Reason.memory, .outOfMemory] {
      #expect(try failure(.exited(85), reason, hasCheckpoint: true)?.cause == .memory)
    }
    #expect(try failure(.exited(85), .stuck, hasCheckpoint: true)?.cause == .stuck)
    #expect(try failure(.exited(84), hasCheckpoint: true)?.cause == .exit(84))
    #expect(try failure(.exited(85))?.cause == .exit(85))
  }

  /// Over a limit it has failed, however it took the signal.
  @Test(arguments: [PayloadEnd.Status.exited(0), .exited(3), .signalled(15)])
  func overALimit(_ status: PayloadEnd.Status) throws {
    #expect(
      try failure(status, .wall) == JobFailure(.wall, "over its wall time of 10m 00s"))
    #expect(
      try failure(status, .memory)
        == JobFailure(.memory, "over its memory of 2.0 GB (3.0 GB seen)"))
    #expect(
      try failure(status, .stuck)
        == JobFailure(.stuck, "it printed nothing and used no processor for 1m 30s"))
    #expect(
      try failure(status, .ended, isReturning: true)
        == JobFailure(.returned, "given back: the pilot was told to stop"))
  }
}
