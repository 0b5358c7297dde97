/// Grid Engine in its variants (SGE, Son of Grid Engine, Univa): `qsub`, `qstat`, `qdel`.
public struct GridEngine: BatchEngine {
  /// Makes the engine.
  public init() {}

  /// The script. Grid Engine sends USR2 before it kills, to all processes: they ignore it, and the
  /// script tells the pilot by TERM.
  public var template: String {
    """
    #!/bin/sh
    #$ -S /bin/sh
    #$ -N @name@
    #$ -o @log@
    #$ -j y
    #$ -r n
    #$ -notify
    #$ -pe smp @slots@
    #$ -l gpu=@gpus@
    #$ -l h_rt=@seconds@
    trap '' USR1 USR2
    @command@ &
    pilot=$!
    trap 'kill -TERM $pilot' USR1 USR2 TERM
    code=0
    while kill -0 $pilot 2>/dev/null; do wait $pilot; code=$?; done
    exit $code

    """
  }

  public func submission(of script: String, _ job: BatchRequest, options: [String]) -> BatchCall {
    BatchCall(["qsub", "-terse"] + options, input: script)
  }

  public func id(submitted output: String) -> String? {
    output.split(whereSeparator: \.isNewline).last { line in
      !line.isEmpty && line.allSatisfy(\.isNumber)
    }.map(String.init)
  }

  public func listing(prefix: String) -> BatchCall { BatchCall(["qstat", "-xml"], isList: true) }

  public func jobs(listed output: String, prefix: String) -> [BatchJob]? {
    guard output.contains("<job_info") else { return nil }
    var jobs: [BatchJob] = []
    for part in output.split(separator: "<job_list").dropFirst() {
      guard let id = Self.text("JB_job_number", in: part),
        let name = Self.text("JB_name", in: part),
        let state = Self.text("state", in: part)
      else { return nil }
      guard name.hasPrefix(prefix) else { continue }
      let stands = Self.state(state)
      jobs.append(
        BatchJob(id: id, name: name, state: stands, words: stands == .running ? nil : state))
    }
    return jobs
  }

  private static func text(_ tag: String, in part: Substring) -> String? {
    guard let start = part.firstRange(of: "<\(tag)>") else { return nil }
    return String(part[start.upperBound...].prefix { $0 != "<" })
  }

  /// `qw` waits, `hqw` is held, `Eqw` is in error, `r` runs, `dr` is being deleted.
  private static func state(_ letters: String) -> BatchJob.State {
    guard letters.contains("q") else { return .running }
    return letters.contains("E") || letters.contains("h") ? .held : .queued
  }

  public func cancellation(of ids: [String]) -> BatchCall { BatchCall(["qdel"] + ids) }
}
