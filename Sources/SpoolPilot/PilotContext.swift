internal import SpoolModel
internal import SpoolStore

/// The surroundings of a pilot, which all of its parts share: the spool, the clocks, the local disk,
/// the operator's ear.
final class PilotContext {
  let spool: Spool
  let options: PilotOptions
  let time: any TimeSource
  /// The filesystem of the scratch directory.
  let local: any FileSystem
  /// Tells the operator something, in one line.
  let say: (String) -> Void
  /// The refusals of the filesystem at present, each told once (R10).
  let troubles: Troubles
  /// The one source of random numbers: a seed decides a whole run.
  var random: any RandomNumberGenerator

  init(_ spool: Spool, _ options: PilotOptions, _ seams: Pilot.Seams) {
    self.spool = spool
    self.options = options
    time = seams.time
    local = seams.local
    say = seams.say
    troubles = Troubles(time: seams.time, say: seams.say)
    random = seams.random
  }

  /// The moment on the monotonic clock.
  var now: Instant { time.instant }

  /// The time for which the pilot tries again what may pass, before it costs a job an attempt (R10).
  var patience: Duration { max(.seconds(5), spool.config.deadAfter / 2) }

  /// Draws a name for the pilot that no other pilot has.
  func drawName() -> PilotName {
    PilotName(host: options.host, random: UInt32.random(in: .min ... .max, using: &random))
  }
}
