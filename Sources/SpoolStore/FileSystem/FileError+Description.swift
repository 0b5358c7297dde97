extension FileError: CustomStringConvertible {
  /// `cannot rename /a/b: ENOENT (no such file or directory)`.
  public var description: String {
    "cannot \(operation) \(path): \(codeName) (\(meaning))"
  }

  /// The number by name: `ENOSPC`; `errno 999` where it has none.
  public var codeName: String { errno.name }

  /// The reason in words, beginning in lower case.
  public var meaning: String {
    switch reason {
    case .overLimit: "larger than its reader allows"
    case .damaged(let offset):
      "byte \(offset): not as it was written; \"spool recover\" says what can be had back"
    case .system, .leaseLost: errno.meaning
    }
  }
}

extension FileError {
  /// The number with which the system refused; nil where it was not asked.
  private var refusal: Errno? {
    guard case .system(let errno) = reason else { return nil }
    return errno
  }

  private func isOne(of errnos: Set<Errno>) -> Bool { refusal.map(errnos.contains) ?? false }

  /// True where nothing stands at the path (any more), or a part of the path is no directory.
  public var isMissing: Bool { refusal == .missing || refusal == .notDirectory }

  /// True where this user may not do it.
  public var isForbidden: Bool { refusal == .accessDenied || refusal == .notPermitted }

  /// True where something stands at the path already.
  public var isOccupied: Bool { refusal == .exists || refusal == .notEmpty }

  /// True for the answer of a kernel or a filesystem that does not know the call.
  var isUnsupported: Bool { isOne(of: [.invalid, .notImplemented, .notSupported]) }

  /// True for the answers to a link where none can be made: the filesystem has no hard links, or it
  /// is a directory, or another user's file.
  var isWithoutLinks: Bool { isUnsupported || isOne(of: [.notPermitted, .tooManyLinks]) }

  /// True for the answers of a filesystem that lacks what was tried on a file of one's own.
  var isWithoutFeature: Bool { isWithoutLinks || refusal == .noLocks }

  /// True where the file, or a line of it, is larger than its reader allows.
  public var isTooLarge: Bool { reason == .overLimit }

  /// True where the bytes of a file are not what was written.
  public var isDamage: Bool { if case .damaged = reason { true } else { false } }

  /// True for a refusal that trying again does not change.
  public var isLasting: Bool { reason == .overLimit || isOne(of: Self.lasting) }

  private static let lasting: Set<Errno> = [
    .notPermitted, .accessDenied, .crossesDevices, .notDirectory, .isDirectory, .invalid,
    .nameTooLong, .loop,
  ]

  /// True where the filesystem is out of order as a whole, as far as can be told. Callers wait for
  /// it: the task has done nothing wrong.
  public var isOutage: Bool { isOne(of: Self.outages) }

  private static let outages: Set<Errno> = [
    .diskFull, .quotaFull, .readOnly, .inputOutput, .stale, .timedOut, .remoteInputOutput,
    .notConnected, .connectionAborted, .hostDown, .hostUnreachable,
  ]

  /// True where this process, or its host, is short of something: descriptors, memory. The file and
  /// its filesystem have nothing to do with it.
  public var isShortage: Bool { isOne(of: Self.shortages) }

  private static let shortages: Set<Errno> = [
    .tooManyFiles, .fileTableFull, .noMemory, .noBuffers,
  ]

  /// True where there is no room: the disk or a quota is full, or the file may not grow further.
  public var isFull: Bool {
    refusal == .diskFull || refusal == .quotaFull || refusal == .fileTooLarge
  }

  /// True where the filesystem is read-only.
  public var isReadOnly: Bool { refusal == .readOnly }

  /// True where the path leads to something that Spool does not touch: a link, a FIFO, a device, a
  /// directory.
  public var isNotAFile: Bool {
    refusal == .loop || refusal == .invalid || refusal == .isDirectory
  }

  /// True where the server or the handle went away, or this host is short of something: the same
  /// call may well succeed when made again.
  public var mayPass: Bool { isOne(of: Self.passing) || isShortage }

  private static let passing: Set<Errno> = [
    .stale, .tryAgain, .interrupted, .inputOutput, .timedOut, .busy, .remoteInputOutput,
    .notConnected, .connectionAborted, .hostDown, .hostUnreachable,
  ]
}
