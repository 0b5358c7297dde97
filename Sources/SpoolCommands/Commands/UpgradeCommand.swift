internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore
internal import SpoolWatcher

struct UpgradeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upgrade",
    abstract: "Give a spool of an earlier version the format of this one.",
    discussion: """
      A watcher that begins does this by itself. The verb does it beforehand, to see that it goes \
      well. It reads the whole journal, marks the new format in spool.json, and writes the state down \
      anew. From then on earlier programs refuse the spool: there is no way back but a copy of it. No \
      watcher may be at work.

      Example: spool upgrade --spool /shared/run42/spool --dry-run
      """)

  @OptionGroup var options: SpoolOptions
  @Flag(help: "Say what would be done, and change nothing.")
  var dryRun = false

  func run() throws {
    let spool = try options.open()
    let former = try spool.format()
    guard former < SpoolFormat.current else {
      return Terminal.print("the spool has format \(former), that of spool \(SpoolCommand.version)")
    }
    guard try SpoolRecovery(spool).isWhole else {
      throw Failure(.failed, "the spool is damaged: see `spool recover` first; nothing is changed")
    }
    guard !dryRun else {
      return Terminal.print(
        "the spool has format \(former), and its journal reads well: `spool upgrade` or a watcher gives it "
          + "format \(SpoolFormat.current); then \(SpoolUpgrade.effect)")
    }
    guard WatcherProbe(spool).warning() != nil else {
      throw Failure(.unavailable, "a watcher is at work: stop it first, then upgrade")
    }
    try upgrade(spool)
  }

  /// Marks the format, and lets a watcher take the spool over and end at once: it writes the state down.
  private func upgrade(_ spool: Spool) throws {
    let lease = try WatcherLease.acquired(spool)
    do {
      guard try SpoolUpgrade(spool).run(lease, say: { Terminal.print($0) }) else {
        throw Failure(.unavailable, "the spool is as it was")
      }
      try writeDown(spool, lease)
    } catch {
      lease.release()
      throw error
    }
  }

  private func writeDown(_ spool: Spool, _ lease: WatcherLease) throws {
    let seams = Watcher.Seams(
      time: SystemTime(), random: SystemRandomNumberGenerator(), isGone: ProcessIdentity.isGone,
      uid: UserNames.uid, say: { Terminal.say("upgrade", $0) })
    try lease.guarding(spool).ensureDirectories()
    try Watcher(spool, lease: lease, seams: seams, delivers: false).stop()
  }
}
