internal import SpoolModel
internal import SpoolStore

/// The checkpoints of jobs that are not done when their payload ends: kept in the spool for the next
/// attempt, and laid into its scratch before it begins. The digester copies them, because they may be
/// large.
extension JobStages {
  /// The longest time for which a checkpoint is being kept, of a pilot that is hurried, too.
  static let longestKeeping = Duration.seconds(300)
  static let longestHurriedKeeping = Duration.seconds(20)

  // MARK: Keeping

  /// Keeps what a payload that is not done has left. The result names it; until the watcher accepts
  /// that, the checkpoint before it is the one that counts.
  func keep(_ job: RunningJob) {
    guard let policy = job.document.checkpoint?.policy else { return }
    let task = job.document.job.task
    do throws(FileError) {
      try context.spool.ensureCheckpointDirectory(of: task)
    } catch {
      return hold(job, error)
    }
    job.isKeeping = true
    job.beginStaging(
      at: context.now, context.time.timestamp,
      atMost: job.isHurried ? Self.longestHurriedKeeping : Self.longestKeeping)
    digester.copy(
      job.id,
      context.spool.copy(
        of: job.slot.checkpoint(policy), on: context.local, toCheckpoint: keptName(job), of: task,
        atMost: policy.maxSize))
  }

  private func keptName(_ job: RunningJob) -> String {
    KeptCheckpoint.name(job.document.job, attempt: job.document.attempt, job.pilot)
  }

  /// Hands in a job that is to go on later, once its checkpoint is kept.
  func kept(_ job: RunningJob, _ digests: [FileDigest]) {
    guard let policy = job.document.checkpoint?.policy, let answer = digests.first?.answer else {
      return
    }
    let said = "it ended with exit code \(policy.exit), which is to go on later, and"
    switch answer {
    case .read(let size, let sum):
      let checkpoint = KeptCheckpoint(file: keptName(job), size: size, adler32: sum ?? "")
      let words = "not done: it is to go on from \(policy.file), \(Units.text(bytes: size))"
      fail(job, JobFailure(.unfinished, words, checkpoint: checkpoint))
    case .missing: lacks(job, "\(said) left no \(policy.file)")
    case .notAFile, .tree, .taken, .bad:
      lacks(job, "\(said) its \(policy.file) is no regular file")
    case .failed(let error) where error.reason == .overLimit:
      let most = Units.text(bytes: policy.maxSize)
      fail(job, .output, "\(said) its \(policy.file) is larger than \(most) (checkpoint.maxSize)")
    case .failed(let error), .unsynced(_, _, let error): hold(job, error)
    }
  }

  /// Fails a job that has nothing to go on from. One that was asked to end may not have come so far.
  private func lacks(_ job: RunningJob, _ words: String) {
    fail(job, job.isReturning ? .returned : .output, words)
  }

  // MARK: Laying in

  /// Copies the checkpoint that a job goes on from to its scratch.
  func layIn(_ job: RunningJob) {
    guard let kept = job.document.checkpoint?.kept else { return }
    job.stage = .layingIn
    digester.copy(
      job.id,
      context.spool.copy(
        ofCheckpoint: kept, of: job.document.job.task, to: job.slot.checkpointPart(job.id),
        on: context.local))
  }

  /// Starts a job whose checkpoint has been copied, if it is what was kept.
  func laidIn(_ job: RunningJob, _ digests: [FileDigest]) {
    guard let checkpoint = job.document.checkpoint, let kept = checkpoint.kept,
      let digest = digests.first
    else { return }
    switch digest.answer {
    case .read(let size, let sum) where size == kept.size && sum == kept.adler32: break
    case .failed(let error) where error.reason != .overLimit: return wait(job, .input, error)
    case .missing:
      giveUpLayingIn(job)
      return fail(job, .input, "the checkpoint \(digest.path) is not there")
    default:
      giveUpLayingIn(job)
      return fail(job, .input, "the checkpoint \(digest.path) is not as it was kept")
    }
    do throws(FileError) {
      try context.local.rename(
        job.slot.checkpointPart(job.id), to: job.slot.checkpoint(checkpoint.policy))
    } catch {
      return wait(job, .spawn, error)
    }
    job.hasCheckpoint = true
    job.stage = .starting
    start(job)
  }

  /// Drops a checkpoint that is being copied, or was.
  func giveUpLayingIn(_ job: RunningJob) {
    digester.cancel(job.id)
    try? context.local.removeIfPresent(job.slot.checkpointPart(job.id))
  }
}
