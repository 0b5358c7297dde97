import Glibc
import SpoolStore
import Testing

struct FileErrorTests {
  @Test func saysWhatToWhatAndWhy() {
    #expect(
      FileError("rename", "/a/b", ENOENT).description
        == "cannot rename /a/b: ENOENT (no such file or directory)")
    #expect(
      FileError("write", "/a", ENOSPC).description
        == "cannot write /a: ENOSPC (no space left on device)")
  }

  @Test(arguments: [
    (EDQUOT, "EDQUOT"), (EROFS, "EROFS"), (EIO, "EIO"), (ESTALE, "ESTALE"), (EXDEV, "EXDEV"),
    (ENOTEMPTY, "ENOTEMPTY"), (ELOOP, "ELOOP"), (EFBIG, "EFBIG"), (EAGAIN, "EAGAIN"),
    (EMFILE, "EMFILE"), (ENOSYS, "ENOSYS"), (EOPNOTSUPP, "EOPNOTSUPP"), (EACCES, "EACCES"),
  ])
  func namesErrors(code: Int32, name: String) {
    #expect(FileError("open", "/a", code).codeName == name)
  }

  @Test func unknownErrorsKeepTheirNumber() {
    let text = FileError("open", "/a", 9_999).description
    #expect(text == "cannot open /a: errno 9999 (unknown error 9999)")
  }

  @Test func kindsOfErrors() {
    #expect(FileError("open", "/a", ENOENT).isMissing)
    #expect(FileError("open", "/a", ENOTDIR).isMissing)
    #expect(!FileError("open", "/a", EIO).isMissing)
    #expect(FileError("create", "/a", EEXIST).isOccupied)
    #expect(FileError("write", "/a", EDQUOT).isFull)
    #expect(FileError("open", "/a", ELOOP).isNotAFile)
    #expect(FileError("open", "/a", ESTALE).mayPass)
    #expect(FileError("open", "/a", ECONNABORTED).mayPass)
    #expect(!FileError("open", "/a", EACCES).mayPass)
    for code in [ENOSPC, EDQUOT, EROFS, EIO, ESTALE, ENOTCONN, ECONNABORTED] {
      #expect(FileError("open", "/a", code).isOutage && !FileError("open", "/a", code).isLasting)
    }
    #expect(!FileError("open", "/a", ENOENT).isOutage)
    #expect(FileError("open", "/a", EACCES).longestWait == .zero)
  }

  /// The disk's limit and the reader's have one number, and are two things: a full disk is waited
  /// for, a file that is too large never gets smaller.
  @Test func theLimitOfAReaderIsNotThatOfTheDisk() {
    let reader = FileError("read", "/a", .overLimit)
    #expect(reader.isTooLarge && reader.isLasting)
    #expect(!reader.isFull && !reader.isOutage && !reader.mayPass)
    #expect(reader.longestWait == .zero)
    #expect(reader.code == EFBIG)
    #expect("\(reader)" == "cannot read /a: EFBIG (larger than its reader allows)")
    let disk = FileError("write", "/a", EFBIG)
    #expect(disk.isFull && !disk.isTooLarge && !disk.isLasting)
    #expect(disk.longestWait == .seconds(7 * 86_400))
    #expect(reader != disk)
  }

  @Test func nothingWasTriedWithoutTheLease() {
    let error = FileError("change", "/a", .leaseLost)
    #expect(error.codeName == "ECANCELED")
    #expect(!error.isMissing && !error.isLasting && !error.isOutage && !error.mayPass)
  }
}
