internal import CSpoolSystem
internal import Glibc

/// The number of an error, as the system gives it with a call that failed.
public struct Errno: RawRepresentable, Hashable, Sendable {
  /// The number.
  public let rawValue: Int32

  /// Makes an error of any number, known or not.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  init(_ code: Int32) { rawValue = code }

  /// The number of the call that failed last on this thread.
  static var last: Errno { Errno(errno) }

  /// The name in the manual pages, by which people search: `ENOSPC`; `errno 999` for a
  /// number that has none.
  public var name: String {
    spool_error_name(rawValue).map { String(cString: $0) } ?? "errno \(rawValue)"
  }

  /// The meaning in the C library's words, beginning in lower case.
  public var meaning: String {
    guard let text = strerror(rawValue) else { return "unknown error" }
    let words = String(cString: text)
    let startsWithAcronym = words.dropFirst().first?.isUppercase ?? true
    return startsWithAcronym ? words : words.prefix(1).lowercased() + words.dropFirst()
  }
}

extension Errno {
  /// `EACCES`.
  public static let accessDenied = Errno(EACCES)
  /// `EAGAIN`: a lock is another's.
  public static let tryAgain = Errno(EAGAIN)
  /// `EBUSY`.
  public static let busy = Errno(EBUSY)
  /// `ECANCELED`.
  public static let cancelled = Errno(ECANCELED)
  /// `EDQUOT`: a quota is full.
  public static let quotaFull = Errno(EDQUOT)
  /// `EEXIST`.
  public static let exists = Errno(EEXIST)
  /// `EFBIG`: the file may not grow further.
  public static let fileTooLarge = Errno(EFBIG)
  /// `EHOSTDOWN`.
  public static let hostDown = Errno(EHOSTDOWN)
  /// `EHOSTUNREACH`.
  public static let hostUnreachable = Errno(EHOSTUNREACH)
  /// `EINTR`: a signal came in between.
  public static let interrupted = Errno(EINTR)
  /// `EINVAL`.
  public static let invalid = Errno(EINVAL)
  /// `EIO`.
  public static let inputOutput = Errno(EIO)
  /// `EISDIR`.
  public static let isDirectory = Errno(EISDIR)
  /// `ELOOP`: the path leads to a symbolic link, or through too many.
  public static let loop = Errno(ELOOP)
  /// `ENAMETOOLONG`.
  public static let nameTooLong = Errno(ENAMETOOLONG)
  /// `ENOENT`.
  public static let missing = Errno(ENOENT)
  /// `ENOSYS`: the kernel or the filesystem does not know the call.
  public static let notImplemented = Errno(ENOSYS)
  /// `ENOTSUP`: the filesystem does not know the call, or the flag.
  public static let notSupported = Errno(ENOTSUP)
  /// `EMLINK`: the file has as many names as it can.
  public static let tooManyLinks = Errno(EMLINK)
  /// `ENOLCK`: there are no locks.
  public static let noLocks = Errno(ENOLCK)
  /// `ENOSPC`: the disk is full.
  public static let diskFull = Errno(ENOSPC)
  /// `ENOTCONN`.
  public static let notConnected = Errno(ENOTCONN)
  /// `ECONNABORTED`: the client of a mount died in the call.
  public static let connectionAborted = Errno(ECONNABORTED)
  /// `ENOTDIR`.
  public static let notDirectory = Errno(ENOTDIR)
  /// `EMFILE`: this process has as many files open as it may.
  public static let tooManyFiles = Errno(EMFILE)
  /// `ENFILE`: the host has as many files open as it can.
  public static let fileTableFull = Errno(ENFILE)
  /// `ENOMEM`.
  public static let noMemory = Errno(ENOMEM)
  /// `ENOBUFS`.
  public static let noBuffers = Errno(ENOBUFS)
  /// `ENOTEMPTY`.
  public static let notEmpty = Errno(ENOTEMPTY)
  /// `EPERM`.
  public static let notPermitted = Errno(EPERM)
  /// `EREMOTEIO`.
  public static let remoteInputOutput = Errno(EREMOTEIO)
  /// `EROFS`.
  public static let readOnly = Errno(EROFS)
  /// `ESTALE`: the server knows the handle no more.
  public static let stale = Errno(ESTALE)
  /// `ETIMEDOUT`.
  public static let timedOut = Errno(ETIMEDOUT)
  /// `EXDEV`: a rename from one filesystem to another.
  public static let crossesDevices = Errno(EXDEV)
}
