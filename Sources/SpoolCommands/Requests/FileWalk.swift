internal import Glibc
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The files that a pattern with `**` names: a part of a path that stands for any number of
/// directories, none included. In goes the pattern, out come paths, ordered by their bytes.
///
/// The walk visits each directory once, and only where the rest of the pattern may fit. It does not
/// follow links to directories, so it ends. As in a shell, names that begin with a dot fit no wildcard.
struct FileWalk {
  private let pattern: String
  /// What comes before the first `**`, for the shell's rules.
  private let head: String
  /// The parts from the first `**` on.
  private let parts: [String]
  private let files: any FileSystem

  /// The most entries that are looked at.
  static let mostEntries = 10_000_000
  private static let anywhere = "**"

  /// Returns true for a pattern that this is for.
  static func isPattern(_ pattern: String) -> Bool {
    pattern.split(separator: "/").contains { $0 == anywhere }
  }

  init(_ pattern: String, _ files: any FileSystem = PosixFileSystem()) {
    self.pattern = pattern
    self.files = files
    let all = pattern.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let first = all.firstIndex(of: Self.anywhere) ?? all.count
    let before = all[..<first].joined(separator: "/")
    head = before.isEmpty ? (pattern.hasPrefix("/") ? "/" : ".") : before
    let rest = all[first...].filter { !$0.isEmpty && $0 != "." }
    // Like `**/*`: all files below.
    parts = rest.last == Self.anywhere ? rest + ["*"] : Array(rest)
  }

  /// A directory that is to be listed, with the parts that its entries may fit.
  private struct Visit {
    var directory: String
    var places: Set<Int>
  }

  /// Walks, and returns the files. Fails for a directory that cannot be read, and beyond what a request
  /// may list.
  func list() throws -> [String] {
    var found: [String] = []
    var entries = 0
    var left = try starts().map { Visit(directory: $0, places: closure([0])) }
    while let visit = left.popLast() {
      for name in try names(in: visit.directory) {
        entries += 1
        guard entries <= Self.mostEntries else {
          throw tooMuch("needs a look at more than \(Self.mostEntries) entries of directories")
        }
        let next = closure(Set(visit.places.flatMap { places(behind: $0, name) }))
        guard !next.isEmpty else { continue }
        let path = visit.directory == "/" ? "/" + name : "\(visit.directory)/\(name)"
        guard let kind = try kind(of: path) else { continue }
        if kind == .directory {
          let places = next.subtracting([parts.count])
          if !places.isEmpty { left.append(Visit(directory: path, places: places)) }
        } else if next.contains(parts.count), isFile(path, kind) {
          found.append(path)
        }
      }
      guard found.count <= Limits.listEntries else {
        throw tooMuch("names more than \(Limits.listEntries) files")
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Returns the directories in which the walk begins.
  private func starts() throws -> [String] {
    let heads =
      head.contains(where: "*?[\\".contains)
      ? try Submission.glob(head, GLOB_ONLYDIR) : [WorkingDirectory.absolute(head)]
    return heads.filter { (try? files.attributes(of: $0)) != nil }
  }

  /// Returns the parts that may come behind a part which a name fits; none where it does not.
  private func places(behind place: Int, _ name: String) -> [Int] {
    guard place < parts.count else { return [] }
    if parts[place] == Self.anywhere { return name.utf8.first == UInt8(ascii: ".") ? [] : [place] }
    return fnmatch(parts[place], name, FNM_PERIOD) == 0 ? [place + 1] : []
  }

  /// Adds the parts that come behind each `**`, which may stand for nothing.
  private func closure(_ places: Set<Int>) -> Set<Int> {
    var all = places
    for place in places.sorted() {
      var next = place
      while next < parts.count, parts[next] == Self.anywhere {
        next += 1
        all.insert(next)
      }
    }
    return all
  }

  private func names(in directory: String) throws -> [String] {
    let listing: Listing
    do throws(FileError) {
      listing = try files.list(directory, fresh: false)
    } catch {
      if error.isMissing { return [] }
      throw Failure(
        .missing,
        "--input: \(pattern): \(error); name the directories that can be read, or ask for the right to"
      )
    }
    guard listing.unreadable == 0 else {
      throw Failure(
        .usage,
        "--input: \(listing.unreadable) names in \(directory) are not UTF-8: rename these files")
    }
    return listing.names
  }

  private func kind(of path: String) throws -> FileKind? {
    do throws(FileError) {
      return try files.attributes(of: path).kind
    } catch {
      if error.isMissing { return nil }
      throw Failure(.missing, "--input: \(pattern): \(error)")
    }
  }

  /// A link may be given as a file, but not one that leads to a directory.
  private func isFile(_ path: String, _ kind: FileKind) -> Bool {
    kind == .file || kind == .link && (try? files.list(path, fresh: false)) == nil
  }

  private func tooMuch(_ why: String) -> Failure {
    Failure(.usage, "--input: \(pattern) \(why): \(Limits.manyFiles)")
  }
}
