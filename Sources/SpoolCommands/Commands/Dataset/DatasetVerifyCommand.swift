internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore
internal import SpoolWatcher

struct DatasetVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compare the files of datasets with their catalogues.",
    discussion: """
      Reads every file, and tells what is missing, what has changed (by size and adler32), and what lies \
      beside them and is in no dataset. Changes nothing, and may run while the spool works. Exit code 1 \
      where anything is found.

      --repair says what could be done about it, file by file, and does it with --yes, or after a typed \
      "yes": dark files are moved into .spool.dark/ beside them. Of what a job made it prints the command \
      that makes it again.

      Examples:
        spool dataset verify run42.raw run42.reco --threads 16
        spool dataset verify run42.reco --no-checksum --repair
      """)

  @OptionGroup var options: SpoolOptions
  @Argument(help: "The datasets.")
  var datasets: [String]
  @Option(help: "How many files are read at a time. Default: as many as there are cores.")
  var threads: Int?
  @Flag(help: "Compare sizes alone.")
  var noChecksum = false
  @Flag(help: "Say what could be done about what is found.")
  var repair = false
  @Flag(help: "With --repair: do it, and do not ask.")
  var yes = false
  @Option(help: "table or json.")
  var format = OutputFormat.table

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads: from 1 to 1024, found \(threads)")
    }
    if yes, !repair { throw ValidationError("--yes is for --repair") }
  }

  func run() throws {
    let names = try datasets.map(DatasetArgument.name)
    let spool = try options.open()
    for name in names { _ = try DatasetLookup(spool).require(name) }
    var known = PathSet()
    let snapshot = try SpoolSnapshot(spool, known: &known)
    for name in snapshot.datasets.keys.sorted() where !names.contains(name) {
      try DarkFiles.add(name, of: spool, to: &known)
    }
    var findings: [Finding] = []
    var directories: [Name: [String]] = [:]
    for name in names {
      guard let dataset = snapshot.datasets[name] else { continue }
      guard !dataset.isDeleted else { throw Failure(.failed, "the dataset \(name) is deleted") }
      guard dataset.length > 0 else {
        Terminal.note("\(name): no files")
        continue
      }
      let verification = try verify(dataset, spool, &known)
      findings += verification.findings
      directories[name] = verification.directories
    }
    findings += try dark(names, directories, spool, known)
    try report(findings)
    if repair { try mend(findings, spool) }
    if !findings.isEmpty { throw ExitCode(1) }
  }

  private func verify(
    _ dataset: SpoolSnapshot.Dataset, _ spool: Spool, _ known: inout PathSet
  ) throws -> Verification {
    let last = try repeated(dataset, spool, &known)
    let verification = try Verification(
      dataset.name, CatalogueSource(spool, dataset, last: last),
      FileCheck(spool: spool, sums: !noChecksum))
    var progress = VerifyProgress(dataset.name, total: dataset.files)
    try verification.run(threads: threads ?? HostResources.usableCores) { progress.show($0) }
    progress.finish()
    let done = verification.progress
    Terminal.note(
      "\(dataset.name): \(done.files) files looked at, \(Units.text(bytes: done.bytes)) read")
    return verification
  }

  /// Adds the paths of a dataset to those that are known. Returns the offset of the last line of each
  /// path that has several lines.
  private func repeated(
    _ dataset: SpoolSnapshot.Dataset, _ spool: Spool, _ known: inout PathSet
  ) throws(FileError) -> [UInt64: Int] {
    var own = PathSet()
    own.reserve(dataset.files)
    var last: [UInt64: Int] = [:]
    let catalogue = try spool.open(.catalogue(dataset.name))
    defer { catalogue.close() }
    var reader = catalogue.lines(to: dataset.length)
    while let line = try reader.next() {
      guard let hash = PathSet.hash(ofPathIn: line.bytes) else { continue }
      if !own.insert(hash) { last[hash] = line.offset }
      known.insert(hash)
    }
    return last
  }

  /// Returns the dark files beside the files of these datasets, each once.
  private func dark(
    _ names: [Name], _ directories: [Name: [String]], _ spool: Spool, _ known: PathSet
  ) throws -> [Finding] {
    var files = DarkFiles(spool: spool, known: known)
    var seen: Set<String> = []
    var findings: [Finding] = []
    for name in names {
      let fresh = (directories[name] ?? []).filter { seen.insert($0).inserted }
      findings += try files.find(fresh, of: name)
    }
    return findings
  }

  private func report(_ findings: [Finding]) throws {
    if !findings.isEmpty || format == .json {
      Output.render(
        format, columns: ["finding", "dataset", "file", "what"], rows: findings.map(\.row),
        json: findings.map(\.json))
    }
    let kinds: [Finding.Kind] = [.missing, .changed, .unreadable, .dark]
    let counts = kinds.map { kind in (kind, findings.count { $0.kind == kind }) }
      .filter { $0.1 > 0 }.map { "\($0.1) \($0.0.rawValue)" }
    Terminal.note(counts.isEmpty ? "all is well" : counts.joined(separator: ", "))
  }

  private func mend(_ findings: [Finding], _ spool: Spool) throws {
    guard !findings.isEmpty else { return }
    let repair = Repair(spool: spool)
    for line in findings.flatMap(repair.plan) { Terminal.note(line) }
    let dark = findings.filter { $0.kind == .dark }
    guard !dark.isEmpty else { return }
    guard yes || Terminal.confirm("Move \(dark.count) dark files aside?") else {
      return Terminal.note("nothing is moved; say --yes to move dark files aside")
    }
    for finding in dark {
      do throws(FileError) {
        Terminal.note("moved to \(try repair.moveAside(finding).printable())")
      } catch {
        Terminal.note("\(error)")
      }
    }
  }
}
