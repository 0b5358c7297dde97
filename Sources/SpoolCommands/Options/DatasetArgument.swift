internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The name of a dataset as an argument, and the spool that has it.
struct DatasetArgument: ParsableArguments {
  @OptionGroup var options: SpoolOptions
  @Argument(help: "The dataset.")
  var dataset: String

  /// Returns the name, or fails with the rule for names.
  static func name(_ text: String) throws -> Name {
    guard let name = Name(text) else {
      throw Failure(.usage, "\"\(text)\" is no dataset's name: \(Name.rule)")
    }
    return name
  }

  /// Opens the spool, and finds the dataset's page.
  func open() throws -> (spool: Spool, name: Name, page: DatasetPage) {
    let name = try Self.name(dataset)
    let spool = try options.openWatched()
    return (spool, name, try DatasetLookup(spool).require(name))
  }
}
