/// Slurm: `sbatch`, `squeue`, `scancel`.
public struct SlurmEngine: BatchEngine {
  /// Makes the engine.
  public init() {}

  /// The script: one task on one node, or on a part of it. A batch job that Slurm would start again is
  /// ended instead, because the factory starts another.
  public var template: String {
    """
    #!/bin/sh
    #SBATCH --job-name=@name@
    #SBATCH --output=@output@
    #SBATCH --open-mode=append
    #SBATCH --nodes=1
    #SBATCH --ntasks=1
    #SBATCH --cpus-per-task=@cpus@
    #SBATCH --mem=@megabytes@M
    #SBATCH --gres=gpu:@gpus@
    #SBATCH --time=@minutes@
    #SBATCH --no-requeue
    #SBATCH --signal=B:TERM@60
    exec @command@

    """
  }

  public func submission(of script: String, _ job: BatchRequest, options: [String]) -> BatchCall {
    BatchCall(["sbatch", "--parsable"] + options, input: script)
  }

  public func values(for job: BatchRequest) -> [String: String] {
    // Slurm reads the path as a pattern, and a line of options as words.
    let pattern = job.log.replacing("%", with: "%%")
    return ["output": BatchScript.quoted(pattern)]
  }

  public func id(submitted output: String) -> String? {
    // `1234`, or `1234;cluster`, behind what a site's plugin may print.
    output.split(whereSeparator: \.isNewline).reversed().lazy
      .compactMap { $0.split(separator: ";").first }
      .first { !$0.isEmpty && $0.allSatisfy(\.isNumber) }.map(String.init)
  }

  public func listing(prefix: String) -> BatchCall {
    BatchCall(
      ["squeue", "--me", "--noheader", "--states=all", "--format=%A|%T|%r|%j"], isList: true)
  }

  public func jobs(listed output: String, prefix: String) -> [BatchJob]? {
    var jobs: [BatchJob] = []
    for line in output.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: "|", maxSplits: 3, omittingEmptySubsequences: false)
      guard parts.count == 4, parts[0].allSatisfy(\.isNumber) else { return nil }
      guard parts[3].hasPrefix(prefix) else { continue }
      let (state, words) = Self.state(String(parts[1]), reason: String(parts[2]))
      jobs.append(
        BatchJob(id: String(parts[0]), name: String(parts[3]), state: state, words: words))
    }
    return jobs
  }

  private static func state(_ word: String, reason: String) -> (BatchJob.State, String?) {
    let reason = reason == "None" || reason.isEmpty ? nil : reason
    switch word {
    case "PENDING", "REQUEUED", "REQUEUE_FED":
      let isHeld = reason.map { held.contains($0) || $0.lowercased().contains("held") } ?? false
      return (isHeld ? .held : .queued, reason)
    case "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD": return (.held, reason ?? word)
    case "CONFIGURING", "RUNNING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING":
      return (.running, nil)
    case "COMPLETED", "COMPLETING": return (.done, nil)
    case "CANCELLED": return (.cancelled, reason.map { "\(word), \($0)" } ?? word)
    default: return (.failed, reason.map { "\(word), \($0)" } ?? word)
    }
  }

  /// Reasons that time alone does not cure.
  private static let held: Set = [
    "BadConstraints", "PartitionNodeLimit", "PartitionTimeLimit", "AccountNotAllowed",
    "QOSNotAllowed", "InvalidAccount", "InvalidQOS", "PartitionConfig", "DependencyNeverSatisfied",
  ]

  public func cancellation(of ids: [String]) -> BatchCall { BatchCall(["scancel"] + ids) }
}
