internal import SpoolClient
internal import SpoolFactory
internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore

/// The factory's thin shell: its clock, and the programs of the batch system.
final class FactoryLoop: Sendable {
  private let spool: Spool
  private let settings: Factory.Settings
  private let service: ServiceManager
  private let repetition: Repetition

  /// The time that a program of the batch system has.
  static let patience = Duration.seconds(60)

  init(
    _ spool: Spool, _ settings: Factory.Settings, _ service: ServiceManager
  ) throws(FileError) {
    self.spool = spool
    self.settings = settings
    self.service = service
    repetition = try Repetition(service)
  }

  /// Stops the factory. Its pilots go on.
  func stop() { repetition.stop() }

  /// Makes the factory, with the seams of production.
  static func factory(_ spool: Spool, _ settings: Factory.Settings) -> Factory {
    let process = ProcessIdentity.current()
    let seams = Factory.Seams(
      time: SystemTime(), random: SystemRandomNumberGenerator(), call: call,
      isGone: ProcessIdentity.isGone,
      host: HostResources.detect(environment: Environment.all).hostName,
      version: SpoolCommand.version, process: process.json, say: { Terminal.say("factory", $0) })
    return Factory(spool, settings, seams)
  }

  /// Runs until stopped, or to the end of one look.
  func run() throws {
    let factory = Self.factory(spool, settings)
    defer { factory.end() }
    while !repetition.isStopped {
      let outcome: Factory.Outcome
      do {
        outcome = try factory.step()
      } catch let error as Factory.GivenUp {
        throw Failure(.unavailable, error.description)
      }
      if settings.isOnce, outcome != .waiting { return }
      let wait = outcome == .looked ? settings.interval : min(settings.interval, .seconds(1))
      repetition.pause(
        wait, outcome == .standby ? "another factory of this name is at work" : "at work")
    }
    service.stopping("leaving")
    Terminal.say("factory", "leaving; its pilots go on, and leave when they have nothing to do")
  }

  /// Runs a program of the batch system to its end. What it says of errors belongs to the answer of one
  /// that failed.
  private static func call(_ call: BatchCall) -> BatchAnswer {
    let answer = run(call, takesErrors: !call.isList)
    return answer.isGood || !call.isList ? answer : run(call, takesErrors: true)
  }

  private static func run(_ call: BatchCall, takesErrors: Bool) -> BatchAnswer {
    var small = CommandOutput.Call(
      arguments: call.arguments, environment: Environment.all,
      deadline: Waker.deadline(in: patience))
    small.input = Array(call.input.utf8)
    small.takesErrors = takesErrors
    small.limit = 32 << 20
    let name = call.arguments.first ?? ""
    do throws(SpawnError) {
      let (end, output) = try CommandOutput.run(small) { true }
      let text = String(decoding: output, as: UTF8.self)
      switch end {
      case .exited(0): return BatchAnswer(isGood: true, text: text)
      case .exited(let code):
        return BatchAnswer(isGood: false, text: text.isEmpty ? "exit code \(code)" : text)
      case .signalled(let number):
        return BatchAnswer(isGood: false, text: "\(text)\nended by signal \(number)")
      case .killed:
        return BatchAnswer(isGood: false, text: "no answer within \(Units.text(patience))")
      }
    } catch {
      let refused = FileError("start", error.program.isEmpty ? name : error.program, error.code)
      return BatchAnswer(isGood: false, text: "\(refused): is the batch system installed here?")
    }
  }
}
