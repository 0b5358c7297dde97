internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

struct PageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "page",
    abstract: "Write how the spool stands into one page of HTML, without a port.",
    discussion: """
      The page shows tasks and chains with rate and time left, what waits and why, failures by cause, queues, \
      pilots and the watcher. It is one file without scripts, for a web server's directory or a shared one. \
      With --every it is written again and again until a signal, always as a whole, and a browser that \
      shows it follows. Who may read the file sees names, reasons, and lines that payloads printed.

      Example: spool page --out spool.html
               spool page --out /var/www/html/spool.html --every 10s
      """)

  @OptionGroup var options: SpoolOptions
  @Option(
    help: ArgumentHelp("The file to write.", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var out: String
  @Option(
    help: ArgumentHelp(
      "Write it again after each such time, until a signal.", valueName: "time"))
  var every: String?

  func validate() throws {
    if let problem = Units.intervalProblem(every) { throw ValidationError(problem) }
    guard let last = out.split(separator: "/", omittingEmptySubsequences: false).last, !last.isEmpty
    else { throw ValidationError("--out: expected the name of a file, found \"\(out)\"") }
  }

  func run() throws {
    let path = WorkingDirectory.absolute(out)
    let interval = every.flatMap(Units.duration)
    let code = try Repetition.run(every: interval, by: "page") {
      let spool = try options.open()
      var reader = SurveyReader(spool)
      var failures = FailureReader(spool)
      return {
        let survey = try reader.look()
        let page = StatusDocument(
          spool: spool, survey: survey, failures: failures.look(PageFailures.tasks(survey)),
          place: options.path, every: interval)
        try WholeFile.write(page.bytes, to: path)
      }
    }
    if code != 0 { throw ExitCode(code) }
  }
}
