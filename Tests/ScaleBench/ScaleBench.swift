import Glibc
import SpoolTesting

/// What Spool costs many pilots: the production watcher and pilots in simulated time, on a server that
/// serves so many calls at once, each in so much time. Prints a line for each case.
///
/// `scale-bench [--all] [PILOTS SECONDS MILLISECONDS]`: all cases instead of the usual ones, or one.
@main struct ScaleBench {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    let cases = try Case.chosen(Array(arguments))
    print(Table.introduction)
    print(Table.header)
    for one in cases {
      var setup = one.setup
      if let seed = getenv("SPOOL_SEED").flatMap({ Int(String(cString: $0)) }) { setup.seed = seed }
      let crowd = try Crowd(setup)
      var meter = Progress(one)
      let report = try crowd.measure(after: one.warmUp, for: one.window) { meter.show($0) }
      meter.clear()
      print(Table.line(one, crowd, report))
      for word in crowd.troubles.prefix(5) { print("  \(word)") }
      if getenv("SPOOL_VERBOSE") != nil { print(Table.details(report)) }
      fflush(nil)
    }
  }
}

/// A case: pilots of 64 slots, jobs of so many seconds, calls of so many milliseconds.
struct Case {
  var pilots: Int
  var seconds: Int
  var call: Double

  var setup: Crowd.Setup {
    var setup = Crowd.Setup()
    setup.pilots = pilots
    setup.duration = seconds * 1000
    setup.callTime = Int(call * 1000)
    return setup
  }

  /// Milliseconds in which the slots are filled, and in which all is measured.
  var warmUp: Int { max(10, seconds) * 1000 }
  var window: Int { max(10, min(40, seconds * 2)) * 1000 }

  static var all: [Case] {
    [10, 100, 1000].flatMap { pilots in
      [1, 10, 100].flatMap { seconds in
        [0.2, 2, 10].map { Case(pilots: pilots, seconds: seconds, call: $0) }
      }
    }
  }

  /// Those that take few minutes.
  static var usual: [Case] { all.filter { $0.seconds == 10 } }

  static func chosen(_ arguments: [String]) throws -> [Case] {
    if arguments == [] { return usual }
    if arguments == ["--all"] { return all }
    guard arguments.count == 3, let pilots = Int(arguments[0]), let seconds = Int(arguments[1]),
      let call = Double(arguments[2]), pilots > 0, seconds > 0, call > 0
    else { throw Usage() }
    return [Case(pilots: pilots, seconds: seconds, call: call)]
  }
}

struct Usage: Error, CustomStringConvertible {
  var description: String { "usage: scale-bench [--all | PILOTS SECONDS MILLISECONDS]" }
}
