import Glibc
internal import SpoolModel
import SpoolStore

/// The directories and files of the host that a payload in a container sees, each at its own path.
///
/// 1. Directories that the job writes to can be written to; all others not.
/// 2. An input in a directory that the job writes to is mounted on its own, so that it cannot be
///    written to either; of very many inputs only the first ones.
/// 3. An input that is a link is seen with what it leads to.
/// 4. A directory that holds the image's own system, as `/usr`, is not replaced: of inputs there the
///    files alone are mounted.
struct ContainerMounts: Equatable {
  struct Mount: Equatable {
    var path: String
    var isReadOnly: Bool
  }

  /// The mounts, a directory before what lies in it.
  private(set) var mounts: [Mount] = []

  /// The most inputs that are mounted on their own, and the most mounts.
  static let mostFiles = 500
  static let most = 2000

  /// The directories of which an image has its own.
  private static let system: Set<String> = [
    "/", "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run",
    "/sbin", "/sys", "/usr", "/var",
  ]

  /// True for directories by path: they are read-only.
  private var modes: [String: Bool] = [:]
  private var files: [String] = []

  /// Makes the mounts of a job. `resolve` returns the path of a file without links, nil where there is
  /// none. Fails for a directory to write to that is the image's.
  init(
    inputs: some Sequence<String>, writable: [String], others: [String],
    resolve: (String) -> String?
  ) throws(ContainerFault) {
    for path in others { modes[path] = true }
    for path in inputs { add(input: path, resolve) }
    for path in writable {
      guard !Self.system.contains(path) else {
        throw ContainerFault(
          isTheTasks: true,
          words:
            "a job in a container cannot write to \(path), or run there: that directory is the "
            + "image's; use one below it")
      }
      modes[path] = false
    }
    for file in files.prefix(Self.mostFiles) where modes[file] == nil { modes[file] = true }
    mounts = needed
    guard mounts.count <= Self.most else {
      throw ContainerFault(
        isTheTasks: true,
        words: "the inputs lie in \(mounts.count) directories, and a container may have "
          + "\(Self.most) mounts: name a directory above them in \"mounts\"")
    }
  }

  private mutating func add(input path: String, _ resolve: (String) -> String?) {
    let target = resolve(path)
    for file in target == nil || target == path ? [path] : [path, target ?? path] {
      let directory = FilePath.directory(file)
      if !Self.system.contains(directory) { modes[directory] = modes[directory] ?? true }
    }
    if files.count < Self.mostFiles { files.append(target ?? path) }
  }

  /// The mounts without those that the one around them makes needless.
  private var needed: [Mount] {
    var kept: [String: Bool] = [:]
    var mounts: [Mount] = []
    for (path, isReadOnly) in modes.sorted(by: { $0.key < $1.key }) {
      var above = path
      var around: Bool?
      while around == nil, above != "/" {
        above = FilePath.directory(above)
        around = kept[above]
      }
      guard around != isReadOnly else { continue }
      kept[path] = isReadOnly
      mounts.append(Mount(path: path, isReadOnly: isReadOnly))
    }
    return mounts
  }
}

extension ContainerMounts {
  /// Makes the mounts of a payload's container. Blocks where a filesystem hangs.
  init(_ container: PayloadContainer) throws(ContainerFault) {
    let listed = try container.inputList.map(Self.read) ?? []
    try self.init(
      inputs: container.inputs + listed, writable: container.writable + [container.scratch],
      others: container.container.mounts, resolve: Self.resolve)
    for path in container.container.mounts where access(path, F_OK) != 0 {
      throw ContainerFault(
        isTheTasks: false,
        words:
          "\(FileError("mount", path, errno)) into the container: is its filesystem mounted on this "
          + "host?")
    }
  }

  private static func resolve(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(validatingCString: resolved)
  }

  private static func read(list path: String) throws(ContainerFault) -> [String] {
    do throws(FileError) {
      let bytes = try PosixFileSystem().read(path, limit: 1 << 30)
      return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    } catch {
      throw ContainerFault(isTheTasks: false, words: "\(error)")
    }
  }
}
