public import SpoolModel
public import SpoolStore

/// The look at a task before its request is dropped: refuses what is surely wrong, and warns of what
/// most often is.
public struct TaskCheck {
  private let place: UserPlace

  /// The most inputs that are looked for.
  private static let mostLooks = 1000

  /// Makes the look of a user at this place.
  public init(_ place: UserPlace) { self.place = place }

  /// Fails for a task that would surely fail in this spool. Returns warnings, none for a task that may
  /// well run.
  public func look(at spec: TaskSpec, in spool: Spool) throws(Failure) -> [String] {
    do throws(RequestError) {
      for output in spec.outputs { try spool.dataRoots.check(output.path) }
    } catch {
      throw Failure(.usage, "\(error)")
    }
    let outputs = OutputCheck(spec)
    if let problem = outputs.collision { throw Failure(.usage, "\(spec.name): \(problem)") }
    if let problem = CommandCheck(spec, place).problem { throw Failure(.usage, problem) }
    let there = outputs.note { spool.isPresent(data: $0) }
    return [missing(spec, spool)].compactMap { $0 } + unknown(spec, spool)
      + [there].compactMap { $0 } + notes(spec)
  }

  /// Returns the warnings about a task's command.
  public func notes(_ spec: TaskSpec) -> [String] { CommandCheck(spec, place).notes }

  /// Warns of tasks to wait for that are not there: most often a name is wrong.
  private func unknown(_ spec: TaskSpec, _ spool: Spool) -> [String] {
    let lookup = TaskLookup(spool)
    return spec.after.compactMap { name in
      guard case .unknown = lookup.find(name) else { return nil }
      return "there is no task or chain \(name) (yet): \(spec.name) waits for it"
    }
  }

  /// Warns of inputs that are not there: they may come later, but most often a path is wrong.
  private func missing(_ spec: TaskSpec, _ spool: Spool) -> String? {
    guard case .files(let files) = spec.input else { return nil }
    let missing = files.prefix(Self.mostLooks).filter { !spool.isPresent(data: $0.path) }
    guard let first = missing.first else { return nil }
    return "\(missing.count) inputs are not there (yet), as \(first.path): "
      + "jobs without their input fail"
  }
}
