import Glibc
import SpoolModel
import SpoolPilot
import SpoolStore
import Testing

@Suite(.serialized) struct DigesterTests {
  private func digest(_ requests: [DigestRequest]) throws -> [FileDigest] {
    let waker = try Waker()
    let digester = try ThreadedDigester(waker: waker)
    digester.start(3, requests)
    let deadline = Waker.now() + 20_000_000_000
    while Waker.now() < deadline {
      if let answer = digester.poll().first {
        #expect(answer.id == 3)
        return answer.digests
      }
      waker.wait(until: deadline)
    }
    return []
  }

  @Test func answersInOrder() throws {
    let scratch = try ScratchDirectory()
    try scratch.write("empty", [])
    try scratch.write("wiki", Array("Wikipedia".utf8))
    let large = [UInt8](repeating: 7, count: 3_000_001)
    try scratch.write("large", large)
    symlink("wiki", scratch.path + "/link")
    mkfifo(scratch.path + "/fifo", 0o644)
    let names = ["empty", "wiki", "large", "none", "link", "fifo", ""]
    let digests = try digest(
      names.map {
        DigestRequest(path: scratch.path + "/" + $0, durable: $0 == "wiki", checksum: true)
      })
    #expect(digests.map(\.path) == names.map { scratch.path + "/" + $0 })
    #expect(
      digests.map(\.answer)[..<2] == [
        .read(size: 0, adler32: "00000001"), .read(size: 9, adler32: "11e60398"),
      ])
    guard case .read(3_000_001, .some) = digests[2].answer else {
      Issue.record("\(digests[2])")
      return
    }
    #expect(digests.map(\.answer)[3...] == [.missing, .notAFile, .notAFile, .notAFile])
  }

  @Test func sizeAlone() throws {
    let scratch = try ScratchDirectory()
    try scratch.write("f", Array("Wikipedia".utf8))
    let request = DigestRequest(path: scratch.path + "/f", durable: true, checksum: false)
    #expect(try digest([request]).map(\.answer) == [.read(size: 9, adler32: nil)])
  }

  @Test func manyRequests() throws {
    let scratch = try ScratchDirectory()
    try scratch.write("f", Array("Wikipedia".utf8))
    let waker = try Waker()
    let digester = try ThreadedDigester(waker: waker)
    let request = DigestRequest(path: scratch.path + "/f", durable: false, checksum: true)
    for id in 0..<200 { digester.start(id, [request]) }
    var ids: Set<Int> = []
    let deadline = Waker.now() + 20_000_000_000
    while ids.count < 200, Waker.now() < deadline {
      for answer in digester.poll() { ids.insert(answer.id) }
      if ids.count < 200 { waker.wait(until: deadline) }
    }
    #expect(ids == Set(0..<200))
  }

  /// A hole is not read, wherever it is: its zeros are summed all the same.
  @Test func holes() throws {
    let scratch = try ScratchDirectory()
    let size = 300 << 30
    try scratch.write("hole", [])
    try scratch.write("mixed", [1, 2, 3])
    #expect(truncate(scratch.path + "/hole", off_t(size)) == 0)
    #expect(truncate(scratch.path + "/mixed", 5 << 20) == 0)
    let descriptor = open(scratch.path + "/mixed", O_WRONLY)
    #expect(pwrite(descriptor, [9], 1, 7 << 20) == 1)
    close(descriptor)
    var expected = Adler32()
    expected.update(zeros: size)
    var plain = Adler32()
    let bytes = [1, 2, 3] + [UInt8](repeating: 0, count: 7 << 20 - 3) + [9]
    bytes.withUnsafeBytes { plain.update($0) }
    let requests = ["hole", "mixed"].map {
      DigestRequest(path: scratch.path + "/" + $0, durable: true, checksum: true)
    }
    #expect(
      try digest(requests).map(\.answer) == [
        .read(size: size, adler32: expected.hex),
        .read(size: 7 << 20 + 1, adler32: plain.hex),
      ])
  }

  /// A small file does not wait for a large one before it, though one thread does all.
  @Test func smallFilesGoFirst() throws {
    let scratch = try ScratchDirectory()
    try scratch.write("large", [UInt8](repeating: 7, count: 96 << 20))
    try scratch.write("small", [1])
    let waker = try Waker()
    let digester = try ThreadedDigester(waker: waker, threads: 1)
    for (id, name) in [(1, "large"), (2, "small")] {
      digester.start(
        id, [DigestRequest(path: scratch.path + "/" + name, durable: false, checksum: true)])
    }
    var ids: [Int] = []
    let deadline = Waker.now() + 20_000_000_000
    while ids.count < 2, Waker.now() < deadline {
      ids += digester.poll().map(\.id)
      if ids.count < 2 { waker.wait(until: deadline) }
    }
    #expect(ids == [2, 1])
  }

  /// Work that is given up brings no answer, whether it has begun or waits.
  @Test func cancelled() throws {
    let scratch = try ScratchDirectory()
    try scratch.write("large", [UInt8](repeating: 7, count: 64 << 20))
    let waker = try Waker()
    let digester = try ThreadedDigester(waker: waker, threads: 1)
    let request = DigestRequest(path: scratch.path + "/large", durable: false, checksum: true)
    for id in 1...3 { digester.start(id, [request]) }
    digester.cancel(1)
    digester.cancel(2)
    var ids: [Int] = []
    let deadline = Waker.now() + 20_000_000_000
    while ids.isEmpty, Waker.now() < deadline {
      ids += digester.poll().map(\.id)
      if ids.isEmpty { waker.wait(until: deadline) }
    }
    #expect(ids == [3])
    #expect(digester.poll().isEmpty)
  }

  @Test func stopsWithWorkWaiting() throws {
    let waker = try Waker()
    let digester = try ThreadedDigester(waker: waker, threads: 1)
    let request = DigestRequest(path: "/proc/self/exe", durable: false, checksum: true)
    for id in 0..<10_000 { digester.start(id, [request]) }
  }
}
