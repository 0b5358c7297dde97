import SpoolModel
import Testing

struct TaskFaultTests {
  @Test(arguments: TaskFault.all)
  func isRefusedAtItsKey(_ fault: TaskFault) {
    let error = requestError { _ = try task([fault.key: fault.value]) }
    #expect(error == RequestError(key: fault.told, fault.message))
  }

  /// Read from text, the line of the key is named.
  @Test(arguments: TaskFault.all)
  func isToldWithItsLine(_ fault: TaskFault) throws {
    guard let value = fault.value, var object = taskJSON().object else { return }
    object[fault.key] = nil
    let lines =
      ["{"] + object.members.map { "\"\($0.key)\": \(text($0.value))," }
      + ["\(text(.string(fault.key))):", "", text(value), "}"]
    let whole = lines.joined(separator: "\n")
    let error = requestError { _ = try TaskSpec(JSON.parse(bytes(whole)), root: "/data") }
    #expect(error?.line == object.members.count + 2 + (isInner(fault) ? 2 : 0))
    #expect(error?.key == fault.told)
    #expect(error?.message == fault.message)
  }

  /// Whether the fault is told at a key inside the value, which stands two lines further down.
  private func isInner(_ fault: TaskFault) -> Bool {
    if case .object(let object)? = fault.value?.array?.first,
      let key = fault.told.split(separator: ".").last
    {
      return object[String(key)] != nil
    }
    guard case .object(let object)? = fault.value, fault.told.hasPrefix(fault.key + ".") else {
      return false
    }
    let inner = fault.told.dropFirst(fault.key.count + 1).prefix { $0 != "[" && $0 != "." }
    return fault.key != "environment" && object[String(inner)] != nil
  }

  private func text(_ json: JSON) -> String { String(decoding: json.compact, as: UTF8.self) }

  @Test func unknownKeysWithoutANeighbourAreAnsweredWithAll() {
    let error = requestError { _ = try task(["zzzzzzzzzzzzzz": 1]) }
    #expect(
      error?.message
        == "unknown key; known are after, allowIncomplete, checkpoint, command, container, directory, "
        + "environment, filesPerJob, groupBy, input, kind, maxFailedJobs, maxRunning, name, notBefore, notify, order, "
        + "outputs, priority, queue, resources, retention, retry, setup, stop, stopAfter, stuckAfter, "
        + "verify")
  }

  @Test func errorsReadAsSentences() {
    #expect(RequestError("x").description == "x")
    #expect(RequestError(line: 3, "x").description == "line 3: x")
    #expect(RequestError(key: "a.b", "x").description == "key \"a.b\": x")
    #expect(RequestError(line: 3, key: "a", "x").description == "line 3, key \"a\": x")
  }

  @Test func thereAreNoMoreThan64Outputs() {
    func outputs(_ count: Int) -> JSON {
      .array((0..<count).map { ["path": .string("{stem}.\($0)")] })
    }
    #expect(requestError { _ = try task(["outputs": outputs(64)]) } == nil)
    #expect(
      requestError { _ = try task(["outputs": outputs(65)]) }
        == RequestError(key: "outputs", "more than 64 outputs"))
  }
}
