internal import SpoolModel
public import SpoolStore

/// The listing of a job's inputs that its file does not list: in go stretches of catalogues, out come
/// files on local disk with all paths, in the job's order. It also checks each input. It holds no more
/// than a run of lines in memory, and takes long: ``InputLister`` does it beside the pilot's thread.
public struct InputListing: Sendable {
  /// The outcome of a listing.
  public enum Outcome: Sendable {
    /// The files are written; the paths are there where the payload gets them as arguments.
    case listed(arguments: [String])
    /// An input is not as announced.
    case bad(String)
    /// The paths do not fit an argument list.
    case tooLong(String)
    /// A filesystem refused.
    case failed(FileError)
  }

  let spool: Spool
  let local: any FileSystem
  /// The directory on local disk for what is sorted.
  let directory: String
  let stretches: [InputStretch]
  let order: InputOrder?
  /// The numbers of bytes that count of the lists of replaced files, by dataset.
  let replaced: [Name: Int]
  let verifiesChecksum: Bool
  /// The payload gets the paths as arguments.
  let wantsArguments: Bool
  /// The files that list the paths, each with the byte that ends an entry.
  let lists: [List]

  struct List: Sendable {
    var path: String
    var end: UInt8
  }

  /// Inputs that are looked at together.
  private static let batch = 1000

  init(_ document: JobDocument, _ slot: Slot, _ context: PilotContext) {
    spool = context.spool
    local = context.local
    directory = slot.directory
    stretches = document.stretches
    order = document.order
    replaced = document.replaced
    verifiesChecksum = document.verifiesChecksum
    wantsArguments = document.command.contains(where: \.isAllInputs)
    lists = Self.lists(document, slot)
  }

  /// Returns the lists that a job's payload is to find.
  private static func lists(_ document: JobDocument, _ slot: Slot) -> [List] {
    let templates = document.command + document.environment.map(\.value)
    let used = Set(templates.lazy.flatMap(\.placeholders))
    // The container of a job over many files must be told where they lie.
    let isMounted = document.container != nil && !document.stretches.isEmpty
    if used.isEmpty, !isMounted { return [] }
    let all: [(Template.Placeholder, List)] = [
      (.inputList, List(path: slot.inputList, end: 10)),
      (.inputListNul, List(path: slot.inputListNul, end: 0)),
    ]
    return all.filter { used.contains($0.0) || isMounted && $0.0 == .inputListNul }.map(\.1)
  }

  /// Writes the lists of a job whose file holds its inputs.
  static func write(
    _ document: JobDocument, to slot: Slot, _ files: any FileSystem
  ) throws(FileError) {
    guard document.stretches.isEmpty else { return }
    for list in lists(document, slot) {
      let writer = try ListWriter(list.path, end: list.end, files)
      for input in document.inputs { try writer.add(Array(input.path.utf8)) }
      try writer.close()
    }
  }

  /// Does the work; blocks for as long as that takes. `goesOn` is asked now and then; once it says no,
  /// the outcome is a failure. `digest` reads a file for its checksum.
  public func run(
    goesOn: () -> Bool, digest: (DigestRequest) -> FileDigest.Answer
  ) -> Outcome {
    do throws(FileError) {
      var sorter = RunSorter(prefix: directory + "/run", local)
      var number = 0
      var lists: [ReplacedFiles] = []
      for (dataset, length) in replaced.sorted(by: { $0.key < $1.key }) {
        lists.append(try ReplacedFiles(dataset, to: length, spool))
      }
      for stretch in stretches {
        if let problem = try sort(stretch, lists, &sorter, &number, goesOn, digest) {
          return .bad(problem)
        }
      }
      return try write(&sorter)
    } catch {
      return .failed(error)
    }
  }

  /// Puts the files of a stretch into the sorter. Returns what is wrong with one of them, or nil.
  private func sort(
    _ stretch: InputStretch, _ lists: [ReplacedFiles], _ sorter: inout RunSorter,
    _ number: inout Int, _ goesOn: () -> Bool, _ digest: (DigestRequest) -> FileDigest.Answer
  ) throws(FileError) -> String? {
    var catalogue = try spool.open(Spool.View(stretch.list))
    catalogue.replaced = lists
    defer { catalogue.close() }
    var reader = catalogue.lines(from: stretch.from, to: stretch.to)
    var batch: [InputFile] = []
    var files = 0
    while files < stretch.files {
      guard let (file, _) = try catalogue.nextFile(&reader, to: stretch.to) else {
        throw catalogue.damage(at: reader.offset)
      }
      guard !file.isGone else { continue }
      let key = order?.key(of: file, number: number) ?? InputOrder.place(number)
      try sorter.add(Array(file.file.path.utf8), key: key)
      number += 1
      files += 1
      batch.append(file.file)
      guard batch.count == Self.batch || files == stretch.files else { continue }
      guard goesOn() else {
        throw FileError("read", catalogue.path, Errno.cancelled)
      }
      if let problem = try findProblem(in: batch, digest) { return problem }
      batch = []
    }
    return nil
  }

  /// Looks at inputs. Returns what is wrong with the first that is not as announced, or nil.
  private func findProblem(
    in batch: [InputFile], _ digest: (DigestRequest) -> FileDigest.Answer
  ) throws(FileError) -> String? {
    let check = InputCheck(spool)
    let looks = spool.each(batch, until: { $0.isEnough }) { Look(check, $0) }
    for look in looks { if let problem = try look.answer.get() { return problem } }
    for file in batch {
      guard let request = InputCheck.request(for: file, sums: verifiesChecksum) else { continue }
      if let problem = try InputCheck.problem(with: file, digest(request)) { return problem }
    }
    return nil
  }

  /// The look at one input.
  private struct Look: Sendable {
    let answer: Result<String?, FileError>

    init(_ check: InputCheck, _ file: InputFile) {
      do throws(FileError) {
        answer = .success(try check.findProblem(with: file))
      } catch {
        answer = .failure(error)
      }
    }

    /// True if the rest need not be looked at.
    var isEnough: Bool { if case .success(nil) = answer { false } else { true } }
  }

  /// Writes the lists, in the job's order.
  private func write(_ sorter: inout RunSorter) throws(FileError) -> Outcome {
    var writers: [ListWriter] = []
    for list in lists { writers.append(try ListWriter(list.path, end: list.end, local)) }
    var arguments: [String] = []
    var bytes = 0
    try sorter.drain { path throws(FileError) in
      for writer in writers { try writer.add(path) }
      guard wantsArguments, bytes <= Limits.argumentBytes else { return }
      let argument = String(decoding: path, as: UTF8.self)
      bytes += Limits.argumentBytes(of: argument)
      arguments.append(argument)
    }
    for writer in writers { try writer.close() }
    if let problem = Limits.argumentProblem(bytes) { return .tooLong(problem) }
    return .listed(arguments: arguments)
  }
}
