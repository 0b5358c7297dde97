public import SpoolModel

/// A look through a directory of data with all that is in it, piece by piece. It holds the paths, whose
/// number and length are bounded (R10).
public struct TreeWalk: Sendable {
  /// Something in the directory.
  public struct Entry: Sendable, Equatable {
    /// The kinds of entries.
    public enum Kind: Sendable, Equatable {
      /// A regular file of so many bytes.
      case file(Int)
      /// A directory.
      case directory
      /// A symbolic link to a place within the directory.
      case link(String)
    }

    /// Its path within the directory.
    public var path: String
    /// Its kind.
    public var kind: Kind
  }

  /// The reason why a directory cannot be taken as it is.
  public enum Problem: Error, Equatable {
    /// Nothing is there.
    case missing
    /// It is none, or there is something in it that may not be, in words.
    case bad(String)
    /// The filesystem refused.
    case failed(FileError)
  }

  /// The entries so far, each after the directory that it is in.
  public private(set) var entries: [Entry] = []

  private let files: any FileSystem
  private let top: String
  private var hasBegun = false
  /// Directories that are still to be listed, by their paths with a slash behind; empty for the top.
  private var pending = [""]
  /// The directory that was listed last, and its names that are still to be looked at.
  private var directory = ""
  private var names: ArraySlice<String> = []
  /// Bytes of the paths so far.
  private var bytes = 0

  /// The largest number of names that are looked at in a piece.
  private static let piece = 256

  /// Begins a look through a directory.
  public init(_ top: String, _ files: any FileSystem) {
    self.top = top
    self.files = files
  }

  /// Looks at a piece. Returns true once all is seen.
  public mutating func step() throws(Problem) -> Bool {
    if !hasBegun {
      try begin()
      hasBegun = true
    }
    if names.isEmpty {
      guard let next = pending.popLast() else { return true }
      directory = next
      names = try list("\(top)/\(next)")[...]
    }
    for _ in 0..<Self.piece {
      guard let name = names.popFirst() else { break }
      try look(at: directory + name)
    }
    return names.isEmpty && pending.isEmpty
  }

  private func begin() throws(Problem) {
    switch try asked({ () throws(FileError) in try files.attributesIfPresent(top) })?.kind {
    case .directory: break
    case nil: throw .missing
    case .file, .link, .other: throw .bad("is no directory")
    }
  }

  /// Returns the names in a directory. A name that nobody can write down may not be left out in silence.
  private func list(_ path: String) throws(Problem) -> [String] {
    let path = path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
    let listing = try asked { () throws(FileError) in try files.list(path, fresh: true) }
    guard listing.unreadable == 0 else { throw .bad("holds a name that is not UTF-8") }
    return listing.names
  }

  private mutating func look(at path: String) throws(Problem) {
    guard !path.utf8.contains(10) else { throw .bad("holds a name with a line end") }
    guard path.utf8.count <= Limits.treePath else {
      throw .bad("holds a path of more than \(Limits.treePath) bytes")
    }
    bytes += path.utf8.count
    guard entries.count < Limits.treeEntries, bytes <= Limits.treePaths else {
      throw .bad(
        "holds more than \(Limits.treeEntries) entries, or than \(Limits.treePaths >> 20) MiB of paths"
      )
    }
    let found = try asked { () throws(FileError) in try files.attributes(of: "\(top)/\(path)") }
    switch found.kind {
    case .file: entries.append(Entry(path: path, kind: .file(found.size)))
    case .directory:
      entries.append(Entry(path: path, kind: .directory))
      pending.append(path + "/")
    case .link: entries.append(Entry(path: path, kind: .link(try target(of: path))))
    case .other: throw .bad("holds \(path), which is no file, directory or link")
    }
  }

  private func target(of path: String) throws(Problem) -> String {
    let target = try asked { () throws(FileError) in
      try files.readSymbolicLink("\(top)/\(path)")
    }
    guard let target, Self.staysInside(target, from: path) else {
      throw .bad("holds the link \(path), which is not relative or leads out of it")
    }
    return target
  }

  /// Returns true if a link at a path leads to a place within the directory: it goes up by no more
  /// levels than it lies deep, and then only down. A `..` behind a name might follow another link.
  static func staysInside(_ target: String, from path: String) -> Bool {
    let slash = UInt8(ascii: "/")
    guard let first = target.utf8.first, first != slash, !target.utf8.contains(10) else {
      return false
    }
    let parts = target.utf8.split(separator: slash).filter { !$0.elementsEqual(".".utf8) }
    let up = parts.prefix { $0.elementsEqual("..".utf8) }.count
    let depth = path.utf8.count { $0 == slash }
    return up <= depth && !parts.dropFirst(up).contains { $0.elementsEqual("..".utf8) }
  }

  private func asked<Answer>(_ ask: () throws(FileError) -> Answer) throws(Problem) -> Answer {
    do throws(FileError) {
      return try ask()
    } catch {
      throw .failed(error)
    }
  }
}

extension TreeWalk {
  /// The manifest of the sizes alone, for a look that needs no checksum.
  public var sizes: TreeManifest {
    var manifest = TreeManifest()
    for entry in entries {
      if case .file(let size) = entry.kind {
        manifest.add(file: entry.path, size: size, adler32: nil)
      }
    }
    return manifest
  }
}

extension Spool {
  /// Begins a look through a directory of a dataset.
  public func walk(data directory: String) -> TreeWalk { TreeWalk(directory, files) }
}
