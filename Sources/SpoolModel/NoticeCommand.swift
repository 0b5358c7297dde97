/// The command that gets notices: `onEnd` of `spool.json`.
public struct NoticeCommand: Equatable, Sendable {
  /// The program and its arguments.
  public var command: [String]
  /// The time after which the command is killed.
  public var timeout = Duration.seconds(60)
  /// True if ends are told again after a restart where it is not known that they were told.
  public var isAtLeastOnce = false

  /// Makes a command with the usual time-out.
  public init(command: [String]) { self.command = command }

  init(_ json: JSON, line: Int?) throws(RequestError) {
    let fields = try Fields(
      json, path: "onEnd", line: line, keys: ["command", "timeout", "atLeastOnce"])
    _ = try fields.required("command", "the program and its arguments, as [\"notify\"]")
    command = try fields.strings("command") ?? []
    guard let program = command.first, !program.isEmpty else {
      throw fields.fault("command", "expected a program")
    }
    timeout = try fields.duration("timeout", "a time as \"5s\" or \"1m\"") ?? timeout
    isAtLeastOnce = try fields.bool("atLeastOnce") ?? false
    guard (.milliseconds(1)...Duration.seconds(3600)).contains(timeout) else {
      throw fields.fault("timeout", "expected from 1ms to 1h")
    }
  }

  var json: JSON {
    var object = JSONObject([
      .init("command", .array(command.map { .string($0) })), .init("timeout", timeout.json),
    ])
    if isAtLeastOnce { object["atLeastOnce"] = true }
    return .object(object)
  }
}
