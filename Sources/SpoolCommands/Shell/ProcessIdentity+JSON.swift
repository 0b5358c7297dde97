internal import SpoolModel
internal import SpoolStore

extension ProcessIdentity {
  /// Returns eight hexadecimal digits at random.
  static func randomID() -> String {
    let digits = String(UInt32.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }

  /// The process as `pilot.json` and `watcher.json` hold it.
  var json: JSON {
    [
      "pid": .integer(Int(pid)), "start": .string("\(startTime)"), "boot": .string(bootID),
      "namespace": .string("\(pidNamespace)"),
    ]
  }

  private init?(_ json: JSON) {
    guard let pid = json["pid"]?.integer.flatMap({ Int32(exactly: $0) }),
      let start = json["start"]?.string.flatMap({ UInt64($0) }),
      let boot = json["boot"]?.string,
      let namespace = json["namespace"]?.string.flatMap({ UInt64($0) })
    else { return nil }
    self.init(pid: pid, startTime: start, bootID: boot, pidNamespace: namespace)
  }

  /// Returns true if the process of such JSON is gone from this host; nil if that cannot be known.
  static func isGone(_ json: JSON) -> Bool? { ProcessIdentity(json)?.isGone() }
}
