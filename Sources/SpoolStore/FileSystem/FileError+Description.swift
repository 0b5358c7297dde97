internal import Glibc

extension FileError: CustomStringConvertible {
  /// `cannot rename /a/b: ENOENT (no such file or directory)`.
  public var description: String {
    "cannot \(operation) \(path): \(codeName) (\(meaning))"
  }

  /// `errno` by name, as in the manual pages, which is what people search for: `ENOSPC`; `errno 999`
  /// where it has none.
  public var codeName: String {
    errorNames[code] ?? "errno \(code)"
  }

  /// What the C library says of `errno`, beginning in lower case.
  public var meaning: String {
    guard let text = strerror(code) else { return "unknown error" }
    let words = String(cString: text)
    let startsWithAcronym = words.dropFirst().first?.isUppercase ?? true
    return startsWithAcronym ? words : words.prefix(1).lowercased() + words.dropFirst()
  }
}

extension FileError {
  /// Nothing stands at the path (any more), or a part of the path is no directory.
  public var isMissing: Bool { code == ENOENT || code == ENOTDIR }

  /// Something stands at the path already.
  public var isOccupied: Bool { code == EEXIST || code == ENOTEMPTY }

  /// It says something of the path that trying again will not change.
  public var isLasting: Bool {
    [EPERM, EACCES, EXDEV, ENOTDIR, EISDIR, EINVAL, ENAMETOOLONG, ELOOP].contains(code)
  }

  /// The filesystem is out of order as a whole, as far as can be told: it is waited for, and whoever
  /// wanted something of it has done nothing wrong.
  public var isOutage: Bool {
    [
      ENOSPC, EDQUOT, EROFS, EIO, ESTALE, ETIMEDOUT, EREMOTEIO, ENOTCONN, EHOSTDOWN, EHOSTUNREACH,
    ].contains(code)
  }

  /// No room: the disk or a quota is full, or the file may not grow further.
  public var isFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }

  public var isReadOnly: Bool { code == EROFS }

  /// What the path leads to is none of ours to touch: a link, a FIFO, a device, a directory.
  public var isNotAFile: Bool { code == ELOOP || code == EINVAL || code == EISDIR }

  /// The server or the handle went away: the same call may well succeed when made again.
  public var mayPass: Bool {
    [ESTALE, EAGAIN, EINTR, EIO, ETIMEDOUT, EBUSY, EREMOTEIO, ENOTCONN, EHOSTDOWN, EHOSTUNREACH]
      .contains(code)
  }
}

/// The errors that calls on files and processes give, by name.
private let errorNames: [Int32: String] = [
  EPERM: "EPERM", ENOENT: "ENOENT", ESRCH: "ESRCH", EINTR: "EINTR", EIO: "EIO", ENXIO: "ENXIO",
  E2BIG: "E2BIG", ENOEXEC: "ENOEXEC", EBADF: "EBADF", ECHILD: "ECHILD", EAGAIN: "EAGAIN",
  ENOMEM: "ENOMEM", EACCES: "EACCES", EFAULT: "EFAULT", ENOTBLK: "ENOTBLK", EBUSY: "EBUSY",
  EEXIST: "EEXIST", EXDEV: "EXDEV", ENODEV: "ENODEV", ENOTDIR: "ENOTDIR", EISDIR: "EISDIR",
  EINVAL: "EINVAL", ENFILE: "ENFILE", EMFILE: "EMFILE", ENOTTY: "ENOTTY", ETXTBSY: "ETXTBSY",
  EFBIG: "EFBIG", ENOSPC: "ENOSPC", ESPIPE: "ESPIPE", EROFS: "EROFS", EMLINK: "EMLINK",
  EPIPE: "EPIPE", EDOM: "EDOM", ERANGE: "ERANGE", EDEADLK: "EDEADLK",
  ENAMETOOLONG: "ENAMETOOLONG", ENOLCK: "ENOLCK", ENOSYS: "ENOSYS", ENOTEMPTY: "ENOTEMPTY",
  ELOOP: "ELOOP", ENOMSG: "ENOMSG", EIDRM: "EIDRM", ENODATA: "ENODATA", ETIME: "ETIME",
  ENOLINK: "ENOLINK", EPROTO: "EPROTO", EBADMSG: "EBADMSG", EOVERFLOW: "EOVERFLOW",
  EILSEQ: "EILSEQ", EUSERS: "EUSERS", ENOTSOCK: "ENOTSOCK", EMSGSIZE: "EMSGSIZE",
  EOPNOTSUPP: "EOPNOTSUPP", EADDRINUSE: "EADDRINUSE", EADDRNOTAVAIL: "EADDRNOTAVAIL",
  ENETDOWN: "ENETDOWN", ENETUNREACH: "ENETUNREACH", ENETRESET: "ENETRESET",
  ECONNABORTED: "ECONNABORTED", ECONNRESET: "ECONNRESET", ENOBUFS: "ENOBUFS",
  EISCONN: "EISCONN", ENOTCONN: "ENOTCONN", ESHUTDOWN: "ESHUTDOWN", ETIMEDOUT: "ETIMEDOUT",
  ECONNREFUSED: "ECONNREFUSED", EHOSTDOWN: "EHOSTDOWN", EHOSTUNREACH: "EHOSTUNREACH",
  EALREADY: "EALREADY", EINPROGRESS: "EINPROGRESS", ESTALE: "ESTALE", EUCLEAN: "EUCLEAN",
  EREMOTEIO: "EREMOTEIO", EDQUOT: "EDQUOT", ENOMEDIUM: "ENOMEDIUM", EMEDIUMTYPE: "EMEDIUMTYPE",
  ECANCELED: "ECANCELED", ENOKEY: "ENOKEY", EKEYEXPIRED: "EKEYEXPIRED", EKEYREVOKED: "EKEYREVOKED",
  EKEYREJECTED: "EKEYREJECTED", EOWNERDEAD: "EOWNERDEAD", ENOTRECOVERABLE: "ENOTRECOVERABLE",
]
