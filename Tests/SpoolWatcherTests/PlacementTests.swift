import SpoolModel
import Testing

@testable import SpoolWatcher

/// What is known beside the journal: where the files of jobs are, and what tasks wait for.
struct PlacementTests {
  private let placement = Placement()
  private let task: Name
  private let id: JobID

  init() throws {
    task = try RecordTexts.name("t")
    id = JobID(task: task, index: 3)
  }

  private func job(attempt: Int = 1, _ phase: JobEntry.Phase = .issued) -> JobEntry {
    var job = JobEntry(source: 0, offset: 3, files: 1, end: 4)
    job.attempt = attempt
    job.phase = phase
    return job
  }

  private static func result() throws -> JobResult {
    let pilot = try #require(PilotName("n-00000001"))
    let moment = Timestamp(milliseconds: 5)
    return JobResult(pilot: pilot, host: "n", started: moment, ended: moment, cause: nil)
  }

  // MARK: Jobs

  @Test func queuedUntilSomethingIsKnown() {
    #expect(placement.place(of: id, job()) == .queued)
    placement.put(.ready, id, attempt: 1)
    #expect(placement.place(of: id, job()) == .ready)
    placement.put(.claimed, id, attempt: 1)
    #expect(placement.place(of: id, job()) == .claimed)
  }

  /// What is known of one attempt says nothing of the next.
  @Test func aPlaceIsOfAnAttempt() {
    placement.put(.claimed, id, attempt: 1)
    #expect(placement.place(of: id, job(attempt: 2)) == .queued)
    placement.put(.ready, id, attempt: 2)
    #expect(placement.place(of: id, job(attempt: 2)) == .ready)
    #expect(placement.place(of: id, job(attempt: 1)) == .queued)
  }

  @Test func aPlaceIsOfAJob() throws {
    placement.put(.claimed, id, attempt: 1)
    let other = try RecordTexts.name("u")
    #expect(placement.place(of: JobID(task: task, index: 4), job()) == .queued)
    #expect(placement.place(of: JobID(task: other, index: 3), job()) == .queued)
  }

  /// Only an issued job has a place.
  @Test func thePhaseComesFirst() throws {
    placement.put(.claimed, id, attempt: 1)
    #expect(placement.whereabouts(of: id, job()) == .issued(.claimed))
    let due = Timestamp(milliseconds: 9)
    #expect(placement.whereabouts(of: id, job(.waiting(until: due))) == .waiting)
    #expect(placement.whereabouts(of: id, job(.publishing(try Self.result()))) == .publishing)
  }

  @Test func forgotten() {
    let other = JobID(task: task, index: 4)
    placement.put(.claimed, id, attempt: 1)
    placement.put(.claimed, other, attempt: 1)
    placement.remove(id)
    #expect(placement.place(of: id, job()) == .queued)
    #expect(placement.place(of: other, job()) == .claimed)
    placement.removeJobs(of: task)
    #expect(placement.place(of: other, job()) == .queued)
  }

  // MARK: Tasks

  private func entry(_ state: SpoolState, _ name: String = "t") throws -> TaskEntry {
    try #require(state.tasks[RecordTexts.name(name)])
  }

  @Test func aTaskWaitsForWhatIsMissingOrLacking() throws {
    let state = try RecordTexts.state([RecordTexts.task("t")])
    let dataset = try RecordTexts.name("raw")
    #expect(placement.status(of: try entry(state)) == .active)
    placement.setAwaited(dataset, for: task)
    #expect(placement.status(of: try entry(state)) == .waiting)
    #expect(placement.awaited(by: task) == dataset)
    placement.setAwaited(nil, for: task)
    #expect(placement.status(of: try entry(state)) == .active)
    placement.setIncomplete(dataset, for: task)
    #expect(placement.status(of: try entry(state)) == .waiting)
    #expect(placement.incomplete(for: task) == dataset)
    placement.remove(task: task)
    #expect(placement.status(of: try entry(state)) == .active)
  }

  /// A task that is held, or has ended, does not wait.
  @Test func whatIsHeldDoesNotWait() throws {
    placement.setAwaited(try RecordTexts.name("raw"), for: task)
    var state = try RecordTexts.state([RecordTexts.task("t"), RecordTexts.control("hold", "t")])
    #expect(placement.status(of: try entry(state)) == .held)
    try state.take(RecordTexts.ended("t", "failed"))
    #expect(placement.status(of: try entry(state)) == .failed)
  }

  /// A chain works while one of its steps does; it waits where all wait that are in work.
  @Test func aChainIsTheSumOfItsSteps() throws {
    var state = try RecordTexts.state([RecordTexts.chain("run", "a", "b")])
    let chain = try #require(state.chains[RecordTexts.name("run")])
    let raw = try RecordTexts.name("raw")
    #expect(placement.status(of: chain, in: state) == .active)
    placement.setAwaited(raw, for: try RecordTexts.name("run.a"))
    #expect(placement.status(of: chain, in: state) == .active)
    placement.setIncomplete(raw, for: try RecordTexts.name("run.b"))
    #expect(placement.status(of: chain, in: state) == .waiting)
    // Of this the state knows nothing.
    #expect(state.state(of: chain) == .active)
    try state.take(RecordTexts.ended("run.b", "failed"))
    #expect(placement.status(of: chain, in: state) == .waiting)
    try state.take(RecordTexts.ended("run.a"))
    #expect(placement.status(of: chain, in: state) == .failed)
  }

  // MARK: Datasets

  /// A dataset is whole once it is closed and all that counts of it is written.
  @Test func whole() throws {
    let name = try RecordTexts.name("raw")
    var state = try RecordTexts.state([RecordTexts.manifest("raw")])
    placement.setReadable(100, of: name)
    #expect(!placement.isClosedAndReadable(try #require(state.datasets[name])))
    try state.take(#"{"type":"closed","dataset":"raw","complete":true}"#)
    #expect(placement.isClosedAndReadable(try #require(state.datasets[name])))
    placement.setReadable(99, of: name)
    #expect(!placement.isClosedAndReadable(try #require(state.datasets[name])))
    placement.setReadable(nil, of: name)
    #expect(placement.readable(name) == 0)
  }
}
