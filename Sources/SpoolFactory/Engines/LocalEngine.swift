/// This machine: pilots are processes of their own, which outlive the factory. They are found again by
/// their names, which stand on their command lines.
public struct LocalEngine: BatchEngine {
  /// Makes the engine.
  public init() {}

  public var template: String {
    """
    exec @command@

    """
  }

  public func submission(of script: String, _ job: BatchRequest, options: [String]) -> BatchCall {
    let line = #"script=$(cat); setsid sh -c "$script" >>"$1" 2>&1 </dev/null & echo $!"#
    return BatchCall(["sh", "-c", line, "sh", job.log], input: script)
  }

  public func id(submitted output: String) -> String? {
    output.split(whereSeparator: \.isNewline).last.map(String.init)
  }

  /// The list: of each process with such a name the path in `/proc`, and the name. The pattern does not
  /// match itself.
  public func listing(prefix: String) -> BatchCall {
    let line = #"grep -a -o -s -H -E "$1[0-9a-f]{8}" /proc/[0-9]*/cmdline; true"#
    return BatchCall(["sh", "-c", line, "sh", prefix], isList: true)
  }

  public func jobs(listed output: String, prefix: String) -> [BatchJob]? {
    var jobs: [String: Int] = [:]
    for line in output.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: ":", maxSplits: 1)
      let place = parts[0].split(separator: "/")
      guard parts.count == 2, place.count == 3, let pid = Int(place[1]) else { return nil }
      // The guardian of a pilot's payloads has its name, too. It is the younger one.
      let name = String(parts[1])
      jobs[name] = min(jobs[name] ?? pid, pid)
    }
    return jobs.map { BatchJob(id: "\($0.value)", name: $0.key, state: .running) }
      .sorted { $0.name < $1.name }
  }

  public func cancellation(of ids: [String]) -> BatchCall {
    BatchCall(["sh", "-c", #"kill -TERM "$@""#, "sh"] + ids)
  }
}
