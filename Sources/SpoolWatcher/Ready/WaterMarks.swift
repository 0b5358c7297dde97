internal import SpoolModel
internal import SpoolStore

/// Holds tasks back whose outputs would fill a filesystem up: above the high mark only those are fed
/// that free space, as they read files that go when they are read; below the low mark all are again.
final class WaterMarks {
  private let spool: Spool
  private let turn: Turn
  /// Directories of outputs whose filesystem is too full, and how full, in percent.
  private var full: [String: Int] = [:]
  private var nextLook = Instant.distantPast

  /// Time between two looks.
  static let interval = Duration.seconds(2)

  init(_ spool: Spool, _ turn: Turn) {
    self.spool = spool
    self.turn = turn
  }

  private var config: SpoolConfig { spool.config }
  private var low: Int { config.lowWater ?? max(1, (config.highWater ?? 1) - 5) }

  /// Looks how full the filesystems are, where that is due. What waits in ready of tasks that are held
  /// back from now on is taken back.
  func look() {
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
    for task in turn.state.liveTasks where task.state != .held && holdsBack(task) {
      if Self.directories(task.spec).allSatisfy({ before[$0] == nil }) {
        turn.emit(.recall(task.name))
      }
    }
    tell(before)
  }

  private func tell(_ before: [String: Int]) {
    for (directory, percent) in full where before[directory] == nil {
      turn.say(
        "\(directory) is on a filesystem that is \(percent) % full: holding back what fills it")
    }
    for directory in before.keys where full[directory] == nil {
      turn.say("there is room again for \(directory)")
    }
  }

  /// Whether a task is not to be fed now.
  func holdsBack(_ task: TaskEntry) -> Bool {
    guard !full.isEmpty, !frees(task) else { return false }
    return Self.directories(task.spec).contains { full[$0] != nil }
  }

  /// Whether a task's success lets files go.
  private func frees(_ task: TaskEntry) -> Bool {
    task.spec.inputDatasets.contains { turn.state.datasets[$0]?.retention == .step }
  }

  /// Why what is held back waits.
  var reasons: [String] {
    guard !full.isEmpty else { return [] }
    return turn.state.liveTasks.filter(holdsBack).compactMap { task in
      Self.directories(task.spec).first { full[$0] != nil }.map { directory in
        "\(task.name): the filesystem of \(directory) is \(full[directory] ?? 0) % full; only tasks that "
          + "free space go on, until it is below \(low) %"
      }
    }
  }

  /// Where a task's outputs go, as far as that is the same for all of its jobs.
  private static func directories(_ spec: TaskSpec) -> Set<String> {
    Set(
      spec.outputs.compactMap { output in
        guard case .text(let head)? = output.path.parts.first else { return nil }
        return FilePath.directory(head + "x")
      })
  }

  /// Of a directory that is not there yet, the one above it tells.
  private func percent(_ directory: String) -> Int {
    var path = directory
    while true {
      do throws(FileError) {
        let usage = try spool.files.usage(of: path)
        guard usage.size > 0 else { return 0 }
        return Int((Double(usage.size - usage.free) / Double(usage.size) * 100).rounded())
      } catch {
        guard error.isMissing, path != "/" else { return 0 }
        path = FilePath.directory(path)
      }
    }
  }
}
