internal import SpoolClient
internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore
internal import Synchronization

/// The pilot's thin shell: its thread, its events and its clock.
final class PilotLoop: Sendable {
  private let spool: Spool
  private let events: any EventSource
  private let options: PilotOptions
  /// The time that running jobs have to end after a first signal.
  private let drain: Duration
  /// The umask of the payloads.
  private let umask: UInt32
  private let service: ServiceManager
  private let waker: Waker
  private let time = SystemTime()
  private let news: ReadyNews
  private let stops = Mutex(0)

  /// Makes a loop. With `sharesEvents` others hear from the same source of events.
  init(
    _ spool: Spool, events: any EventSource, options: PilotOptions, drain: Duration, umask: UInt32,
    sharesEvents: Bool = false, service: ServiceManager = ServiceManager([:])
  ) throws(FileError) {
    self.spool = spool
    self.events = events
    self.options = options
    self.drain = drain
    self.umask = umask
    self.service = service
    waker = try Waker()
    news = try ReadyNews(time, waker: waker, mayPause: !sharesEvents)
  }

  /// Stops the pilot. At the first call it claims nothing more, and gives back what still runs after
  /// `drain`; at the second it gives back at once.
  func stop() {
    stops.withLock { $0 += 1 }
    waker.wake()
  }

  /// Runs until stopped.
  func run() throws {
    let files = PosixFileSystem()
    let lock = try ScratchDirectory.make(options.scratch, files)
    defer {
      clearScratch(files)
      try? lock.close()
    }
    let runner = try ProcessRunner(umask: umask, ownsGroup: true)
    let digester = try ThreadedDigester(waker: waker)
    let seams = Pilot.Seams(
      time: time, runner: runner, digester: digester,
      lister: ThreadedLister(waker: waker), random: SystemRandomNumberGenerator(),
      local: files, say: { Terminal.say("pilot", $0) })
    guard let pilot = try register(seams) else { return runner.shutdown() }
    let keeper = runner.hasGroups ? "control groups" : "sampling"
    Terminal.say("pilot", "\(pilot.name): \(options.words), memory kept to by \(keeper)")
    sayNeighbours(of: pilot.name)
    watchReady()
    loop(pilot, runner)
    runner.shutdown()
    do throws(FileError) {
      try pilot.leave()
    } catch {
      // The watcher clears away what a pilot leaves behind.
      Terminal.say("pilot", "\(error)")
    }
    if options.label != nil { Terminal.say("pilot", "\(pilot.name) \(PilotWords.parting)") }
  }

  /// Removes the scratch directory, however the pilot ends.
  private func clearScratch(_ files: PosixFileSystem) {
    do throws(FileError) {
      try files.removeTree(options.scratch)
    } catch {
      Terminal.say("pilot", "\(error)")
    }
  }

  /// Registers the pilot, as soon as the filesystem allows it. Returns nil if stopped before.
  private func register(_ seams: Pilot.Seams) throws(FileError) -> Pilot? {
    let troubles = Troubles(time: seams.time, say: seams.say)
    while stops.withLock({ $0 }) == 0 {
      do throws(FileError) {
        return try Pilot(spool, options, seams)
      } catch {
        // A spool that has gone since it was opened is away.
        let isAway = error.isMissing && !spool.isThere
        guard error.isOutage || error.isShortage || isAway else { throw error }
        troubles.note(error, "the registration")
      }
      service.beat()
      waker.wait(for: WatchLoop.retry)
    }
    return nil
  }

  /// Tells the operator of other pilots that are alive on this host: each counts all of it as its own,
  /// unless somebody who starts many gave each its share.
  private func sayNeighbours(of name: PilotName) {
    guard options.label == nil else { return }
    let names = (try? spool.running(fresh: true).pilots) ?? []
    let others = names.sorted().compactMap { spool.heartbeat(of: $0) }.filter {
      $0.pilot != name && $0.host == options.host && ProcessIdentity.isGone($0.process) == false
    }
    guard let first = others.first else { return }
    let more = others.count > 1 ? " and \(others.count - 1) more" : ""
    let cores = others.reduce(options.cpus) { $0 + $1.cpus }
    Terminal.say(
      "pilot",
      "another pilot, \(first.pilot)\(more), runs on this host; all count on \(cores) cores: give "
        + "each its share with --cpus and --memory")
  }

  private func watchReady() {
    for queue in options.queues {
      events.watch(spool.path(of: .ready(ReadyPlace(queue)))) { [news] in news.take($0, of: queue) }
    }
  }

  private func loop(_ pilot: Pilot, _ runner: ProcessRunner) {
    var returnAt: Instant?
    var words = EventWords(events, by: "pilot")
    while !pilot.isFinished {
      words.look()
      for (queue, moment) in news.takeAll() { pilot.hint(queue, at: moment) }
      let stops = stops.withLock { $0 }
      if stops > 0, returnAt == nil {
        returnAt = time.instant + drain
        service.stopping("leaving, \(pilot.load) jobs")
        pilot.drain()
        if pilot.load > 0 {
          let left = Units.text(drain)
          Terminal.say(
            "pilot",
            "leaving: running jobs (\(pilot.load)) have \(left) to end; "
              + "INT or TERM again gives them back at once")
        }
      }
      if stops > 1 || returnAt.map({ time.instant >= $0 }) == true {
        pilot.giveBack(isHurried: stops > 1)
      }
      var wait = min(pilot.step(), service.interval)
      if let returnAt, stops == 1 {
        wait = max(.milliseconds(1), min(wait, returnAt - time.instant))
      }
      guard !pilot.isFinished else { return }
      let status = "\(pilot.load) jobs"
      if stops > 0 { service.stopping("leaving, " + status) } else { service.ready(status) }
      if !news.maySleep(hasRoom: pilot.hasRoom) { wait = .zero }
      runner.wait(until: Waker.deadline(in: wait), waker: waker)
    }
  }
}

extension PilotOptions {
  /// The resources on offer, for the operator.
  var words: String {
    let gpu = gpus.isEmpty ? "" : ", \(gpus.count) GPUs"
    let tag = tags.isEmpty ? "" : ", tags " + tags.joined(separator: "+")
    let queue = queues.map(\.rawValue).joined(separator: "+")
    let runtime = containers.map { ", containers by \($0.kind.rawValue)" }
    let own = pinned.isEmpty ? "" : " (each job has its own)"
    return
      "\(cpus) cores\(own), \(Units.text(bytes: memory))\(gpu)\(tag), queue \(queue)\(runtime ?? "")"
  }
}
