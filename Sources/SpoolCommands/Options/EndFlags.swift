internal import ArgumentParser
internal import SpoolModel

/// What `spool submit` says of the end of each task's payloads, as options.
struct EndFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A signal that payloads get before TERM, as USR1 (Slurm's --signal, HTCondor's kill_sig).",
      valueName: "signal"))
  var stopSignal: String?
  @Option(
    help: ArgumentHelp(
      "Send it this long before the wall time ends, as 5m; it comes in any case when a job is given "
        + "back.",
      valueName: "time"))
  var stopBefore: String?
  @Option(
    help: ArgumentHelp(
      "The time until TERM follows when a job is given back, as 30s (HTCondor's "
        + "job_max_vacate_time).",
      valueName: "time"))
  var stopGrace: String?
  @Option(
    help: ArgumentHelp(
      "A file in the scratch directory from which a payload that ends with exit code 85 goes on later "
        + "(HTCondor's transfer_checkpoint_files).",
      valueName: "file"))
  var checkpoint: String?

  func validate() throws {
    if let stopSignal, StopPolicy.Signal(name: stopSignal) == nil {
      throw ValidationError(
        "--stop-signal: expected one of \(StopPolicy.Signal.names), found \(stopSignal)")
    }
    for (name, time) in [("--stop-before", stopBefore), ("--stop-grace", stopGrace)] {
      if let time, Units.duration(time) == nil {
        throw ValidationError("\(name): expected a time as 30s or 5m, found \(time)")
      }
    }
  }

  /// The changes, for ``TaskChanges``.
  var changes: EndChanges {
    EndChanges(
      signal: stopSignal, before: stopBefore, grace: stopGrace, checkpoint: checkpoint)
  }
}
