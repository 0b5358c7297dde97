internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

extension Snapshot {
  /// Returns the numbers of which metrics are made.
  func figures(at now: Timestamp, _ config: SpoolConfig) -> SpoolFigures {
    let deadAfter = config.deadAfter
    var figures = SpoolFigures()
    figures.isWatched = watcher?.state(at: now, deadAfter: deadAfter) == .alive
    figures.watcherAge = watcher?.age(at: now)
    figures.turns = watcher?.record.turns
    figures.units = newest.compactMap { cursor in
      Name(cursor.name).flatMap { tasks[$0] }.map {
        SpoolFigures.Unit(
          name: $0.name, isChain: $0.isChain, state: $0.state, jobs: $0.jobs, outputs: $0.outputs,
          flow: $0.flow, cpu: $0.cpu)
      }
    }
    figures.datasets = datasets.count
    figures.ready = ready.mapValues(\.count)
    for (job, _) in running() { figures.running[Queue(of: job), default: 0] += 1 }
    figures.pilots = pilots.values.map {
      SpoolFigures.Pilot(
        state: $0.state(at: now, deadAfter: deadAfter), age: $0.beat.map { max(.zero, now - $0) },
        slots: $0.slots, busy: $0.busy)
    }
    figures.rate = history.rate(at: now)
    figures.disk = disk
    figures.highWater = config.highWater
    return figures
  }
}
