/// The sums over the jobs of a task: what they reported, used and wrote.
public struct JobTotals: Equatable, Sendable {
  /// The sums of the jobs' reports.
  public var report: ReportSums
  /// CPU time of all attempts; pages hold it in seconds, to the millisecond.
  public var cpu: Duration
  /// Wall time of all attempts; pages hold it in seconds, to the millisecond.
  public var runTime: Duration
  /// The largest peak of one attempt, in bytes.
  public var peakMemory: Int
  /// The files that the jobs wrote.
  public var outputs: FileTotals

  /// Makes totals.
  public init(
    report: ReportSums = ReportSums(), cpu: Duration = .zero, runTime: Duration = .zero,
    peakMemory: Int = 0, outputs: FileTotals = FileTotals()
  ) {
    self.report = report
    self.cpu = cpu
    self.runTime = runTime
    self.peakMemory = peakMemory
    self.outputs = outputs
  }
}

extension JobTotals {
  private enum Key: String { case report, reportLeftOut, cpu, runTime, peakMemory, outputs }

  /// The members that a page holds beside its own.
  var members: [JSONObject.Member] {
    var members = RecordMembers<Key>()
    members[.report] = report
    if !report.leftOut.isEmpty { members[.reportLeftOut] = report.leftOut }
    members[.cpu] = cpu.inSeconds
    members[.runTime] = runTime.inSeconds
    members[.peakMemory] = peakMemory
    members[.outputs] = outputs
    return members.object.members
  }

  /// Reads the sums from a page.
  init?(page: JSON) {
    guard let members = RecordMembers<Key>(page), let report: JSON = members[.report],
      report.object != nil,
      let cpu: Double = members[.cpu], let runTime: Double = members[.runTime],
      let peakMemory: Int = members[.peakMemory], let outputs: FileTotals = members[.outputs]
    else { return nil }
    self.init(
      report: ReportSums(report, leftOut: members[.reportLeftOut] ?? [:]),
      cpu: Duration(inSeconds: cpu), runTime: Duration(inSeconds: runTime),
      peakMemory: peakMemory, outputs: outputs)
  }
}
