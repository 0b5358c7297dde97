import SpoolFactory
import SpoolModel
import SpoolStore
import SpoolTesting

/// A Slurm in memory that answers `sbatch`, `squeue` and `scancel` as the real one does, and whose
/// batch jobs are pilots in a spool.
final class FakeSlurm {
  struct Job {
    var id: Int
    var name: String
    var state = "PENDING"
    var reason = "Priority"
  }

  let spool: Spool
  private let files: MemoryFileSystem
  private let name: Name
  private(set) var jobs: [Job] = []
  /// The scripts that were handed in.
  private(set) var scripts: [String] = []
  /// What `sbatch` says instead of taking a batch job.
  var refusal: String?
  /// What `squeue` says instead of a list.
  var silence: String?

  init(_ spool: Spool, _ files: MemoryFileSystem, _ name: Name) {
    self.spool = spool
    self.files = files
    self.name = name
  }

  func call(_ call: BatchCall) -> BatchAnswer {
    switch call.arguments[0] {
    case "sbatch":
      if let refusal { return BatchAnswer(isGood: false, text: refusal) }
      scripts.append(call.input)
      let name =
        call.input.split(separator: "\n").lazy
        .compactMap { $0.split(separator: "--job-name=").dropFirst().first }.first ?? "?"
      jobs.append(Job(id: jobs.count + 1, name: String(name)))
      return BatchAnswer(isGood: true, text: "\(jobs.count)\n")
    case "squeue":
      if let silence { return BatchAnswer(isGood: false, text: silence) }
      let lines = jobs.map { "\($0.id)|\($0.state)|\($0.reason)|\($0.name)" }
      return BatchAnswer(isGood: true, text: lines.joined(separator: "\n"))
    case "scancel":
      for id in call.arguments.dropFirst() {
        for index in jobs.indices where "\(jobs[index].id)" == id {
          jobs[index].state = "CANCELLED"
          jobs[index].reason = "None"
        }
      }
      return BatchAnswer(isGood: true, text: "")
    default: return BatchAnswer(isGood: false, text: "no such program")
    }
  }

  var live: [Job] { jobs.filter { ["PENDING", "RUNNING"].contains($0.state) } }
  var queued: [Job] { jobs.filter { $0.state == "PENDING" } }

  private func change(_ name: String, _ state: String, _ reason: String = "None") {
    for index in jobs.indices where jobs[index].name == name {
      jobs[index].state = state
      jobs[index].reason = reason
    }
  }

  func hold(_ name: String, _ reason: String) { change(name, "PENDING", reason) }

  private func log(_ name: String) -> String { spool.factoryLog(self.name, job: name) }

  /// A batch job begins: its pilot registers.
  func begin(_ name: String, jobs: Int = 1) throws {
    change(name, "RUNNING")
    try spool.register(pilot(name, jobs: jobs))
    let words = jobs > 0 ? "pilot: \(PilotWords.firstJob) t.00000000\n" : ""
    try files.replace(log(name), Array("pilot: n1: 2 cores\n\(words)".utf8))
  }

  /// A batch job's pilot leaves in good order.
  func leave(_ name: String) throws {
    change(name, "COMPLETED")
    _ = try spool.unregister(pilot(name, jobs: 0).pilot)
    let text = (try files.readIfPresent(log(name), limit: 1 << 16)) ?? []
    try files.replace(log(name), text + Array("pilot: n1 \(PilotWords.parting)\n".utf8))
  }

  /// A batch job's pilot dies at once, with some last words.
  func die(_ name: String, _ words: String) throws {
    change(name, "FAILED", "NonZeroExitCode")
    try files.replace(log(name), Array("\(words)\n".utf8))
  }

  private func pilot(_ name: String, jobs: Int) -> PilotRecord {
    var record = PilotRecord(
      pilot: PilotName(host: "n1", random: UInt32(name.suffix(8), radix: 16) ?? 0), host: "n1",
      version: "1", process: .null, queues: [.cpu], tags: [], cpus: 2, memory: 4_000_000_000,
      gpus: 0, started: Timestamp(milliseconds: 0))
    record.label = name
    record.jobs = jobs
    record.freeCpus = 2 - jobs
    record.freeMemory -= jobs * 1000 << 20
    return record
  }
}
