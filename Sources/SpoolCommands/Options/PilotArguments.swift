internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// Pilots by name or host, as verbs take them that give each an order by a file in its directory.
struct PilotArguments: ParsableArguments {
  @OptionGroup var options: SpoolOptions
  @Argument(help: "Pilots, or hosts.")
  var names: [String]

  /// Gives each pilot its order, which is `body`, and prints the words that it returns.
  func tell(
    _ verb: String, _ body: (Spool, PilotName) throws(FileError) -> String
  ) throws {
    let spool = try options.openWatched()
    for pilot in try PilotListing(spool).named(names) {
      do throws(FileError) {
        Terminal.print("\(pilot): \(try body(spool, pilot))")
      } catch {
        if error.isMissing {
          throw Failure(.missing, "cannot \(verb) \(pilot): it has left")
        }
        throw Failure(.unavailable, "cannot \(verb) \(pilot): \(error)")
      }
    }
  }
}
