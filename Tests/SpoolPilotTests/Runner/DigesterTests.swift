import Glibc
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

  @Test func stopsWithWorkWaiting() throws {
    let waker = try Waker()
    let digester = try ThreadedDigester(waker: waker, threads: 1)
    let request = DigestRequest(path: "/proc/self/exe", durable: false, checksum: true)
    for id in 0..<10_000 { digester.start(id, [request]) }
  }
}
