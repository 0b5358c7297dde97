internal import SpoolModel
internal import SpoolStore

/// The files of a job that is to be split.
extension InputReader {
  /// Returns the places of a job's first files, up to `most`, and the place of the rest, which is one
  /// file at least.
  func parts(
    of job: JobEntry, _ task: TaskEntry, _ most: Int, _ turn: Turn
  ) throws(FileError) -> (parts: [InputPosition], rest: InputPosition) {
    // One more than these and the rest's first file tells if that is its only one.
    var places = try places(of: job, task, most + 2, turn)
    guard let last = places.last else {
      throw FileError("split", task.name.text, .damaged(offset: job.offset))
    }
    if places.count < most + 2 { return (Array(places.dropLast()), last) }
    var rest = places[most]
    rest.end = job.end
    rest.files = max(2, job.files - most)
    places.removeLast(2)
    return (places, rest)
  }

  /// Returns the places of a job's first files, up to `most`.
  private func places(
    of job: JobEntry, _ task: TaskEntry, _ most: Int, _ turn: Turn
  ) throws(FileError) -> [InputPosition] {
    var places: [InputPosition] = []
    let add = { (source: Int, offset: Int, end: Int) in
      var place = job.position
      place.former = nil
      (place.source, place.offset, place.files, place.end) = (source, offset, 1, end)
      places.append(place)
      return places.count < most
    }
    switch task.spec.input {
    case .count, .values: break
    case .files:
      for offset in (job.offset..<job.offset + job.files).prefix(most) {
        _ = add(job.source, offset, offset + 1)
      }
    case .datasets where task.groups != nil:
      try withList(of: task, turn) { list throws(FileError) in
        var reader = list.lines(from: job.offset, to: job.end)
        while let (file, line) = try list.nextFile(&reader, to: job.end) {
          guard file.isGone || add(job.source, line.offset, line.next) else { return }
        }
      }
    case .datasets(let names):
      // A job over all datasets goes on with the next one.
      for source in job.source..<(task.spec.isOneMerge ? names.count : job.source + 1) {
        guard places.count < most, let dataset = turn.state.datasets[names[source]] else {
          continue
        }
        let start = source == job.source ? job.offset : 0
        let end = task.spec.isOneMerge ? dataset.length : job.end
        guard turn.placement.readable(dataset.name) >= end else {
          throw FileError("read all of", spool.place(of: .catalogue(dataset.name)), Errno.busy)
        }
        try visit(dataset, from: start, to: end, turn) { file, line in
          file.isGone || add(source, line.offset, line.next)
        }
      }
    }
    return places
  }
}
