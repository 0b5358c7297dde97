internal import SpoolModel
internal import SpoolStore

/// The knowledge that a directory is empty, by its mark alone, so that a pilot without work need not
/// list it again and again. A pure value.
struct EmptyDirectory {
  /// The coarsest clock of a filesystem. What comes within one tick of a change leaves the mark as it
  /// is, so only a listing this long after the mark was first seen shows all that came with it.
  static let tick = Duration.seconds(2)
  /// The time after which the directory is listed whatever its mark says: marks are hints (R9).
  static let longest = Duration.seconds(20)

  private var mark: DirectoryMark?
  /// The moment at which the mark was first seen.
  private var since = Instant.distantPast
  /// The moment of the last listing; nil where it was not empty.
  private var listedAt: Instant?

  /// Takes in a listing, and the mark that was seen just before.
  mutating func note(_ seen: DirectoryMark, isEmpty: Bool, at now: Instant) {
    if seen != mark {
      mark = seen
      since = now
    }
    listedAt = isEmpty ? now : nil
  }

  /// Returns whether the directory is still empty, if it has this mark.
  func isCertain(_ seen: DirectoryMark, at now: Instant) -> Bool {
    guard let listedAt, seen == mark else { return false }
    return listedAt - since >= Self.tick && now - listedAt < Self.longest
  }
}
