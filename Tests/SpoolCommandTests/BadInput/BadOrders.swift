import SpoolModel

/// Chains that cannot be, and orders that make no sense.
extension BadInput {
  private static func step(_ name: String, _ more: [String: JSON] = [:]) -> JSON {
    var step = JSONObject([
      .init("name", .string(name)), .init("command", ["true"]),
      .init("outputs", [["path": .string("out/{stem}.\(name)")]]),
    ])
    for (key, value) in more.sorted(by: { $0.key < $1.key }) { step[key] = value }
    return .object(step)
  }

  private static func chain(_ name: String, _ steps: [JSON]) -> JSON {
    ["kind": "chain", "name": .string(name), "input": "nothing", "steps": .array(steps)]
  }

  static let chains: [BadInput] = [
    BadInput(
      "a chain with a cycle",
      chain("cycle", [step("a", ["input": "b"]), step("b", ["input": "a"])]),
      .refused(["key \"steps[", "a cycle: "])),
    BadInput(
      "a chain that reads from itself", chain("self", [step("a", ["input": "a"])]),
      .refused(["a cycle: a → a"])),
    BadInput(
      "a chain with an unknown step",
      chain("unknown", [step("decode"), step("b", ["input": "decoed"])]),
      .refused(["steps[1].input", "did you mean \"decode\"?"])),
    BadInput(
      "a chain of nothing", chain("empty", []), .refused(["key \"steps\"", "from 1 to 100"])),
    BadInput(
      "a step twice", chain("twice", [step("a"), step("a")]),
      .refused(["steps[1].name", "two steps are called a"])),
    BadInput(
      "two steps on one path",
      chain("path", [step("a"), step("b", ["outputs": [["path": "out/{stem}.a"]]])]),
      .refused(["steps[1].outputs", "also written by the step a"])),
    BadInput(
      "a step with a kind", chain("kind", [step("a", ["kind": "task"])]),
      .refused(["steps[0].kind", "unknown key"])),
    BadInput(
      "a step with an unknown key", chain("key", [step("a", ["resuorces": [:]])]),
      .refused(["steps[0].resuorces", "did you mean \"resources\"?"])),
    BadInput(
      "an absurd retention", chain("keep", [step("a", ["retention": "soon"])]),
      .refused(["steps[0].retention", "\"step\", \"chain\", \"forever\""])),
    BadInput(
      "a step without anything to read",
      chain("dry", [step("a", ["outputs": []]), step("b")]),
      .refused(["steps[1].input", "has no outputs to read"])),
  ]

  private static func order(_ kind: String, _ task: String, _ more: [String: JSON] = [:]) -> JSON {
    var order = JSONObject([.init("kind", .string(kind)), .init("task", .string(task))])
    for (key, value) in more.sorted(by: { $0.key < $1.key }) { order[key] = value }
    return .object(order)
  }

  static let orders: [BadInput] = [
    BadInput(
      "an order for nobody", order("cancel", "nobody.there"),
      .refused(["key \"task\"", "there is no task nobody.there"])),
    BadInput(
      "an order without a task", ["kind": "hold"], .refused(["key \"task\"", "missing"])),
    BadInput(
      "a priority of ten", order("priority", "x", ["priority": 10]),
      .refused(["key \"priority\"", "from 0 to 9"])),
    BadInput(
      "no priority", order("priority", "x"), .refused(["key \"priority\"", "missing"])),
    BadInput("no limit", order("limit", "x"), .refused(["key \"maxRunning\"", "missing"])),
    BadInput(
      "a limit of nothing", order("limit", "x", ["maxRunning": 0]),
      .refused(["key \"maxRunning\"", "from 1 to"])),
    BadInput(
      "a cause that is none", order("retry", "x", ["cause": "hunger"]),
      .refused(["key \"cause\"", "\"hunger\" is no cause", "memory"])),
    BadInput(
      "a limit without a unit", order("retry", "x", ["wall": "20"]),
      .refused(["key \"wall\"", "a time as \"10m\""])),
    BadInput(
      "a limit where none belongs", order("hold", "x", ["memory": "8GB"]),
      .refused(["key \"memory\"", "unknown key"])),
  ]
}
