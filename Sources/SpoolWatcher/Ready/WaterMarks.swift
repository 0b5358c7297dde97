internal import SpoolModel
internal import SpoolStore

/// Holds tasks back while a filesystem of their outputs is too full. In come tasks and the
/// filesystems' usage; out goes the decision which tasks are fed. Above the high watermark the
/// watcher feeds only tasks that free space, because they read files that are removed once they are
/// read. Below the low watermark it feeds all tasks again.
final class WaterMarks {
  private let spool: Spool
  /// Output directories on a filesystem that is too full, with its usage in percent.
  private var full: [String: Int] = [:]
  private var nextLook = Instant.distantPast

  /// The time between two looks.
  static let interval = Duration.seconds(2)

  init(_ spool: Spool) {
    self.spool = spool
  }

  private var config: SpoolConfig { spool.config }
  /// The low watermark in percent; 5 below the high one if it is not set.
  private var low: Int { config.lowWater ?? max(1, (config.highWater ?? 1) - 5) }

  /// Looks at the usage of the filesystems, if a look is due. Recalls the jobs in ready of tasks
  /// that are held back from now on.
  func look(_ turn: Turn) {
    guard let high = config.highWater, turn.now >= nextLook else { return }
    nextLook = turn.now + Self.interval
    let low = low
    var seen: [String: Int] = [:]
    for directory in Set(turn.state.liveTasks.flatMap { Self.directories($0.spec) }) {
      seen[directory] = percent(directory)
    }
    let before = full
    full = seen.filter { directory, percent in
      percent >= high || (before[directory] != nil && percent >= low)
    }
    for task in turn.state.liveTasks where task.state != .held && holdsBack(task, turn) {
      if Self.directories(task.spec).allSatisfy({ before[$0] == nil }) {
        turn.emit(.recall(task.name))
      }
    }
    tell(before, turn)
  }

  private func tell(_ before: [String: Int], _ turn: Turn) {
    for (directory, percent) in full where before[directory] == nil {
      turn.say(
        "\(directory) is on a filesystem that is \(percent) % full: holding back what fills it")
    }
    for directory in before.keys where full[directory] == nil {
      turn.say("there is room again for \(directory)")
    }
  }

  /// Returns true if a task is not to be fed now.
  func holdsBack(_ task: TaskEntry, _ turn: Turn) -> Bool {
    guard !full.isEmpty, !frees(task, turn) else { return false }
    return Self.directories(task.spec).contains { full[$0] != nil }
  }

  /// Returns true if the success of a task's jobs lets the watcher remove files.
  private func frees(_ task: TaskEntry, _ turn: Turn) -> Bool {
    task.spec.inputDatasets.contains { turn.state.datasets[$0]?.retention == .step }
  }

  /// Returns the reasons for which tasks are held back, one for each task.
  func reasons(_ turn: Turn) -> [String] {
    guard !full.isEmpty else { return [] }
    return turn.state.liveTasks.filter { holdsBack($0, turn) }.compactMap { task in
      Self.directories(task.spec).first { full[$0] != nil }.map { directory in
        "\(task.name): the filesystem of \(directory) is \(full[directory] ?? 0) % full; only tasks that "
          + "free space go on, until it is below \(low) %"
      }
    }
  }

  /// Returns the directories of a task's outputs, as far as they are the same for all of its jobs.
  private static func directories(_ spec: TaskSpec) -> Set<String> {
    Set(
      spec.outputs.compactMap { output in
        guard case .text(let head)? = output.path.parts.first else { return nil }
        return FilePath.directory(head + "x")
      })
  }

  /// Returns the usage of a directory's filesystem in percent. If the directory does not exist yet,
  /// the one above it counts.
  private func percent(_ directory: String) -> Int {
    var path = directory
    while true {
      do throws(FileError) {
        let usage = try spool.usage(ofData: path)
        guard usage.size > 0 else { return 0 }
        return Int((Double(usage.size - usage.free) / Double(usage.size) * 100).rounded())
      } catch {
        guard error.isMissing, path != "/" else { return 0 }
        path = FilePath.directory(path)
      }
    }
  }
}
