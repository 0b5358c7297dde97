internal import SpoolModel

/// PBS Professional and OpenPBS: `qsub`, `qstat -f`, `qdel`.
public struct PBSEngine: BatchEngine {
  /// Makes the engine.
  public init() {}

  /// The script. `qdel` sends TERM to the shell, which is the pilot.
  public var template: String {
    """
    #!/bin/sh
    #PBS -N @name@
    #PBS -S /bin/sh
    #PBS -j oe
    #PBS -o @log@
    #PBS -r n
    #PBS -l select=@select@
    #PBS -l walltime=@clock@
    exec @command@

    """
  }

  public func values(for job: BatchRequest) -> [String: String] {
    let megabytes = job.room.memory.addingClamped((1 << 20) - 1) >> 20
    let gpus = job.room.gpus > 0 ? ":ngpus=\(job.room.gpus)" : ""
    return ["select": "1:ncpus=\(job.room.cpus):mem=\(megabytes)mb\(gpus)"]
  }

  public func submission(of script: String, _ job: BatchRequest, options: [String]) -> BatchCall {
    BatchCall(["qsub"] + options, input: script)
  }

  public func id(submitted output: String) -> String? {
    // `1234.server`
    output.split(whereSeparator: \.isWhitespace).last { word in
      word.first?.isNumber ?? false
    }.map(String.init)
  }

  public func listing(prefix: String) -> BatchCall { BatchCall(["qstat", "-f"], isList: true) }

  public func jobs(listed output: String, prefix: String) -> [BatchJob]? {
    var jobs: [BatchJob] = []
    for part in ("\n" + output).split(separator: "\nJob Id: ") {
      let lines = Self.unfolded(part)
      guard let id = lines.first, id.first?.isNumber ?? false else {
        // A server without batch jobs prints nothing.
        if part.allSatisfy(\.isWhitespace) { continue }
        return nil
      }
      let values = Self.values(lines.dropFirst())
      guard let name = values["Job_Name"], let letter = values["job_state"] else { return nil }
      guard name.hasPrefix(prefix) else { continue }
      let state = Self.state(letter, exit: values["Exit_status"])
      jobs.append(
        BatchJob(
          id: id, name: name, state: state,
          words: state == .running || state == .done ? nil : values["comment"] ?? letter))
    }
    return jobs
  }

  /// Returns the lines of a batch job; one that begins with a tab goes on with the line before.
  private static func unfolded(_ part: Substring) -> [String] {
    var lines: [String] = []
    for line in part.split(separator: "\n") {
      if line.first == "\t", !lines.isEmpty {
        lines[lines.count - 1] += line.dropFirst()
      } else {
        lines.append(String(line.drop { $0 == " " }))
      }
    }
    return lines
  }

  private static func values(_ lines: ArraySlice<String>) -> [String: String] {
    var values: [String: String] = [:]
    for line in lines {
      guard let sign = line.firstRange(of: " = ") else { continue }
      values[String(line[..<sign.lowerBound])] = String(line[sign.upperBound...])
    }
    return values
  }

  private static func state(_ letter: String, exit: String?) -> BatchJob.State {
    switch letter {
    case "Q", "W", "T", "M": .queued
    case "H": .held
    case "C", "F", "X": exit.map { $0 == "0" } ?? true ? .done : .failed
    default: .running
    }
  }

  public func cancellation(of ids: [String]) -> BatchCall { BatchCall(["qdel"] + ids) }
}
