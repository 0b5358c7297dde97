internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore
internal import SpoolWatcher

struct RecoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Say what is damaged in a spool and what can be had back; with --apply, mend it.",
    discussion: """
      Reads the journal, its checkpoints, the catalogues and their copies. With --apply it writes the \
      state down anew and mends catalogues; files that cannot be read are set aside in \
      journal/aside, and never removed. No watcher may be at work. Exit code 0 where nothing is \
      damaged or all was had back, 1 otherwise.

      Example: spool recover --spool /shared/run42/spool
      """)

  @OptionGroup var options: SpoolOptions
  @Flag(help: "Mend what can be mended.")
  var apply = false

  func run() throws {
    let spool = try options.open()
    guard WatcherProbe(spool).warning() != nil else {
      throw Failure(.unavailable, "a watcher is at work: stop it first, then recover")
    }
    let recovery = try SpoolRecovery(spool)
    guard !recovery.isWhole else { return Terminal.print("nothing is damaged") }
    Output.render(
      .table, columns: ["where", "damage", "remedy"],
      rows: recovery.findings.map { [$0.place, $0.damage, $0.remedy] },
      json: recovery.findings.map { ["where": .string($0.place), "damage": .string($0.damage)] })
    guard apply else {
      Terminal.note("nothing is changed; \"spool recover --apply\" mends this")
      throw ExitCode(1)
    }
    try mend(recovery, spool)
    if recovery.findings.contains(where: \.isLoss) { throw ExitCode(1) }
  }

  /// Takes the watcher's place, mends, and gives the place back.
  private func mend(_ recovery: SpoolRecovery, _ spool: Spool) throws {
    let time = SystemTime()
    let record = WatcherRecord(
      epoch: 0, id: ProcessIdentity.randomID(), host: HostResources.currentHostName(),
      version: SpoolCommand.version, process: ProcessIdentity.current().json, at: time.timestamp)
    let lease = WatcherLease(spool, record, time: time, isGone: ProcessIdentity.isGone)
    let waker = try Waker()
    let start = time.instant
    while true {
      if case .acquired = try lease.step() { break }
      guard time.instant - start < spool.config.deadAfter * 4 else {
        throw Failure(.unavailable, "another watcher stands by or is at work: stop it first")
      }
      waker.wait(for: lease.interval)
    }
    defer { lease.release() }
    for place in try recovery.mend(lease) { Terminal.note("set aside: \(place)") }
    Terminal.print("the spool is mended; start a watcher")
  }
}
