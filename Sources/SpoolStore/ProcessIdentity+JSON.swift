public import SpoolModel

extension ProcessIdentity {
  /// Returns eight hexadecimal digits at random.
  public static func randomID() -> String { UInt32.random(in: .min ... .max).hex }

  /// The process as `pilot.json` and `watcher.json` hold it.
  public var json: JSON {
    ProcessRecord(pid: Int(pid), start: startTime, boot: bootID, namespace: pidNamespace).json
  }

  private init?(_ json: JSON) {
    guard let record = ProcessRecord(json), let pid = Int32(exactly: record.pid) else { return nil }
    self.init(
      pid: pid, startTime: record.start, bootID: record.boot, pidNamespace: record.namespace)
  }

  /// Returns true if the process of such JSON is gone from this host; nil if that cannot be known.
  public static func isGone(_ json: JSON) -> Bool? { ProcessIdentity(json)?.isGone() }
}
