internal import SpoolModel

/// The changes that options of the command line make to the end of a request's payloads.
struct EndChanges {
  var signal: String?
  var before: String?
  var grace: String?
  /// The file of the checkpoint.
  var checkpoint: String?
  /// Whom to tell of the end.
  var notify: String?

  /// Returns a request with the changes made to its task; or to its chain, and to each step that says
  /// otherwise.
  func made(to json: JSON) -> JSON {
    let changed = Request.mapTasks(json) { step in
      var step = step
      if json["steps"] == nil || step["stop"] != nil { step["stop"] = stop(step["stop"]) }
      if json["steps"] == nil, let notify { step["notify"] = .string(notify) }
      if let checkpoint {
        step["checkpoint"] = Self.setting("file", checkpoint, step["checkpoint"])
      }
      return step
    }
    guard case .object(var chain) = changed, chain["steps"] != nil else { return changed }
    chain["stop"] = stop(chain["stop"])
    if let notify { chain["notify"] = .string(notify) }
    return .object(chain)
  }

  private func stop(_ given: JSON?) -> JSON? {
    var stop = given
    for (key, value) in [("signal", signal), ("before", before), ("grace", grace)] {
      if let value { stop = Self.setting(key, value, stop) }
    }
    return stop
  }

  /// Returns an object with a member set; what is no object is left for its refusal.
  private static func setting(_ key: String, _ value: String, _ given: JSON?) -> JSON {
    guard case .object(var object) = given ?? [:] else { return given ?? [:] }
    object[key] = .string(value)
    return .object(object)
  }
}
