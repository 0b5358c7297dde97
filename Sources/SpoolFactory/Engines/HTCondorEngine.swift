internal import SpoolModel

/// HTCondor: `condor_submit`, `condor_q`, `condor_rm`.
public struct HTCondorEngine: BatchEngine {
  /// Makes the engine.
  public init() {}

  /// The submit description. An evicted pilot is not started again: the factory starts another.
  public var template: String {
    """
    universe = vanilla
    batch_name = @name@
    executable = @program@
    arguments = @arguments@
    transfer_executable = false
    should_transfer_files = NO
    output = /dev/null
    error = @output@
    request_cpus = @cpus@
    request_memory = @megabytes@M
    request_gpus = @gpus@
    kill_sig = SIGTERM
    job_max_vacate_time = @grace@
    periodic_remove = (JobStatus == 1) && (NumJobStarts > 0)
    allowed_execute_duration = @seconds@
    queue 1

    """
  }

  /// Options of the site are lines of the description, as `+ProjectName="x"`.
  public func submission(of script: String, _ job: BatchRequest, options: [String]) -> BatchCall {
    BatchCall(
      ["condor_submit", "-terse"] + options.flatMap { ["-append", $0] }, input: script)
  }

  public func values(for job: BatchRequest) -> [String: String] {
    let words = job.command.dropFirst().map(Self.quoted).joined(separator: " ")
    return ["program": job.command.first ?? "", "arguments": "\"\(words)\""]
  }

  /// Returns an argument in HTCondor's newer syntax, within double quotation marks.
  static func quoted(_ word: String) -> String {
    let safe = word.replacing("\"", with: "\"\"")
    let isPlain = !word.isEmpty && !word.contains { $0.isWhitespace || $0 == "'" }
    return isPlain ? safe : "'" + safe.replacing("'", with: "''") + "'"
  }

  public func id(submitted output: String) -> String? {
    // `12.0 - 12.0`
    output.split(whereSeparator: \.isNewline).last { line in
      line.first?.isNumber ?? false
    }?.split(separator: " ").first.map(String.init)
  }

  public func listing(prefix: String) -> BatchCall {
    BatchCall(
      [
        "condor_q", "-json", "-constraint", "regexp(\"^\(prefix)\", JobBatchName)", "-attributes",
        "ClusterId,ProcId,JobBatchName,JobStatus,HoldReason",
      ], isList: true)
  }

  public func jobs(listed output: String, prefix: String) -> [BatchJob]? {
    // Without batch jobs it prints nothing.
    if output.allSatisfy(\.isWhitespace) { return [] }
    guard let ads = (try? JSON.parse(Array(output.utf8)))?.array else { return nil }
    var jobs: [BatchJob] = []
    for ad in ads {
      guard let cluster = ad["ClusterId"]?.integer, let process = ad["ProcId"]?.integer,
        let status = ad["JobStatus"]?.integer
      else { return nil }
      guard let name = ad["JobBatchName"]?.string, name.hasPrefix(prefix) else { continue }
      jobs.append(
        BatchJob(
          id: "\(cluster).\(process)", name: name, state: Self.state(status),
          words: ad["HoldReason"]?.string))
    }
    return jobs
  }

  private static func state(_ number: Int) -> BatchJob.State {
    switch number {
    case 1: .queued
    case 3: .cancelled
    case 4: .done
    case 5: .held
    default: .running
    }
  }

  public func cancellation(of ids: [String]) -> BatchCall { BatchCall(["condor_rm"] + ids) }
}
