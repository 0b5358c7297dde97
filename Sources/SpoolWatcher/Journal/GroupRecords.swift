public import SpoolModel

/// The record of a task's list of groups. The list is a file that can be made again from the
/// catalogues, as far as these lengths say.
public struct InputsGrouped: Sendable {
  /// The task whose inputs are in groups.
  public var task: Name
  /// The number of bytes of each of the task's catalogues whose files are in the list.
  public var lengths: [Int]
  /// The number of bytes of the list.
  public var length: Int
  /// The number of jobs that the list makes.
  public var jobs: Int
}

extension InputsGrouped {
  var line: RecordLine {
    [
      .type: RecordType.grouped.json, .task: task.json, .lengths: lengths.json,
      .length: length.json, .jobs: jobs.json,
    ]
  }

  init?(_ line: RecordLine) {
    guard let task: Name = line[.task], let lengths: [Int] = line[.lengths],
      let length: Int = line[.length], let jobs: Int = line[.jobs]
    else { return nil }
    self.init(task: task, lengths: lengths, length: length, jobs: jobs)
  }
}

/// The record of a job that is split: some of its files are jobs of their own now, with new numbers.
public struct JobSplit: Sendable {
  /// The job, which keeps the rest of its files.
  public var job: JobID
  /// The places of the new jobs' inputs, a file each.
  public var parts: [InputPosition]
  /// The place of the files that are left to the job. It is not split further when that is one.
  public var rest: InputPosition
  /// The time from which all of them are due.
  public var at: Timestamp
}

extension JobSplit {
  var line: RecordLine {
    [
      .type: RecordType.split.json, .job: job.json, .at: at.json, .parts: parts.json,
      .rest: rest.json,
    ]
  }

  init?(_ line: RecordLine) {
    guard let job: JobID = line[.job], let parts: [InputPosition] = line[.parts],
      let rest: InputPosition = line[.rest], let at: Timestamp = line[.at]
    else { return nil }
    self.init(job: job, parts: parts, rest: rest, at: at)
  }
}
