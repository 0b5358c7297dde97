import Glibc
import SpoolPilot
import SpoolStore
import Testing

extension ProcessTests {
  /// What counts as memory, and whom the kernel is to kill.
  @Suite(.serialized) struct Memory {
    private static let wait = "import time; time.sleep(1.2)"

    private func run(_ program: String, memory: Int64) throws -> PayloadEnd {
      let fixture = try RunnerFixture()
      try fixture.scratch.write("p.py", Array(program.utf8))
      return try fixture.run("exec python3 p.py", memory: memory)
    }

    /// What processes share counts once, though each has it resident.
    @Test func sharedMemory() throws {
      let program = """
        import os
        b = bytearray(60 << 20)
        for i in range(6):
          if os.fork() == 0: break
        \(Self.wait)
        """
      let end = try run(program, memory: 160 << 20)
      #expect(end.status == .exited(0) && end.reason == .itself)
      #expect((60 << 20...160 << 20).contains(end.memory), "\(end.memory)")
    }

    /// Pages of a file are the kernel's, which drops them when memory is short.
    @Test func mappedFile() throws {
      let program = """
        import mmap
        with open("big", "wb") as f: f.write(bytes(150 << 20))
        f = open("big", "rb"); m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        s = sum(m[i] for i in range(0, len(m), 4096))
        \(Self.wait)
        """
      // Written from 150 MiB of its own, which are let go before.
      let end = try run(
        program.replacing(
          "f.write(bytes(150 << 20))", with: "[f.write(bytes(1 << 20)) for i in range(150)]"),
        memory: 100 << 20)
      #expect(end.status == .exited(0) && end.reason == .itself)
    }

    /// Memory of its own counts, in several processes, too.
    @Test func ownMemory() throws {
      let program = """
        import os
        os.fork()
        b = bytearray(80 << 20)
        for i in range(0, len(b), 4096): b[i] = 1
        import time; time.sleep(100)
        """
      #expect(try run(program, memory: 120 << 20).reason == .memory)
    }

    /// When memory is short the kernel kills payloads before their pilot.
    @Test func theKernelsChoice() throws {
      let fixture = try RunnerFixture()
      _ = try fixture.run("sleep 0.1; cat /proc/self/oom_score_adj")
      #expect(fixture.scratch.text("out") == "500\n")
    }
  }
}
