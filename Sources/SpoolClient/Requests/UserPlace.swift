/// The place of a user who submits: where programs are looked up, and from where paths are taken.
public struct UserPlace {
  /// The value of `PATH`; nil where there is none.
  let path: String?
  private let resolve: (String) -> String?

  /// Makes a place. `absolute` returns a path as seen from the user's directory, absolute.
  public init(path: String?, absolute: @escaping (String) -> String?) {
    self.path = path
    resolve = absolute
  }

  /// The place of somebody whose directory is not known, on a machine with this `PATH`.
  public static func unknown(path: String?) -> UserPlace { UserPlace(path: path) { _ in nil } }

  /// Returns a path as seen from the user's directory; nil where that is not known.
  func absolute(_ text: String) -> String? { resolve(text) }
}
