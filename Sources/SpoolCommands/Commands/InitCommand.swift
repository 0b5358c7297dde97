internal import ArgumentParser
internal import SpoolStore

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a spool: its directories and spool.json.",
    discussion: "What is there already is left as it is.\n\nExample: spool init /shared/run42/spool"
  )

  @OptionGroup var options: SpoolOptions

  @Argument(help: "Where. Default: as for --spool.")
  var directory: String?

  func run() throws {
    let path = directory.map(WorkingDirectory.absolute) ?? options.path
    do throws(FileError) {
      try Spool.create(path, files: PosixFileSystem())
    } catch {
      throw Failure(.unavailable, "\(error)")
    }
    Terminal.print("made the spool \(path); watch it with `spool up --spool \(path)`")
  }
}
