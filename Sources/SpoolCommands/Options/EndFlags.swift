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
  @Option(
    help: ArgumentHelp(
      "Whom the site tells of the end, once: mail:ADDRESS, or a command, as the site allows (Slurm's "
        + "--mail-user, HTCondor's notify_user).",
      valueName: "whom"))
  var notify: String?

  func validate() throws {
    if let stopSignal, StopPolicy.Signal(name: stopSignal) == nil {
      throw ValidationError(
        "--stop-signal: expected one of \(StopPolicy.Signal.names), found \(stopSignal)")
    }
    if let notify, let problem = NotifyValue.problem(notify) {
      throw ValidationError("--notify: \(problem), found \(notify)")
    }
    for (name, time) in [("--stop-before", stopBefore), ("--stop-grace", stopGrace)] {
      if let time, Units.duration(time) == nil {
        throw ValidationError("\(name): expected a time as 30s or 5m, found \(time)")
      }
    }
  }

  /// Says at once if the site tells nobody.
  func note(_ config: SpoolConfig) {
    guard notify != nil, config.onEnd == nil else { return }
    Terminal.note(
      "spool: nobody will be told: this spool's spool.json has no \"onEnd\". Its keeper can add "
        + "\"onEnd\": {\"command\": [\"/path/to/examples/notify/on-end\"]} and start the watcher anew"
    )
  }

  /// The changes, for ``TaskChanges``.
  var changes: EndChanges {
    EndChanges(
      signal: stopSignal, before: stopBefore, grace: stopGrace, checkpoint: checkpoint,
      notify: notify)
  }
}
