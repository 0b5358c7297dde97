import Glibc
import SpoolStore
import Testing

@testable import SpoolPilot

@Suite struct HostResourcesTests {
  private func limits(_ files: [String: String]) -> CgroupLimits { CgroupLimits { files[$0] } }

  @Test func versionOne() {
    let limits = limits([
      "/proc/self/cgroup": "4:memory:/slurm/job_7\n1:cpu,cpuacct:/slurm/job_7\n0::/\n",
      "/proc/self/mountinfo": """
      30 29 0:26 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory
      31 29 0:27 / /sys/fs/cgroup/cpu,cpuacct rw shared:5 - cgroup cgroup rw,cpu,cpuacct
      32 29 0:28 / /mnt rw - ext4 /dev/sda rw
      """,
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "/sys/fs/cgroup/memory/slurm/memory.limit_in_bytes": "8589934592\n",
      "/sys/fs/cgroup/memory/slurm/job_7/memory.limit_in_bytes": "9589934592\n",
      "/sys/fs/cgroup/cpu,cpuacct/slurm/job_7/cpu.cfs_quota_us": "150000\n",
      "/sys/fs/cgroup/cpu,cpuacct/slurm/job_7/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_period_us": "100000\n",
    ])
    #expect(limits.memory == 8_589_934_592)
    #expect(limits.cpus == 1.5)
  }

  @Test func versionTwo() {
    let limits = limits([
      "/proc/self/cgroup": "0::/user.slice/x.scope\n",
      "/proc/self/mountinfo": "30 29 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n",
      "/sys/fs/cgroup/user.slice/cpu.max": "400000 100000\n",
      "/sys/fs/cgroup/user.slice/x.scope/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/user.slice/memory.max": "max\n",
      "/sys/fs/cgroup/user.slice/x.scope/memory.max": "1000000\n",
    ])
    #expect(limits.memory == 1_000_000)
    #expect(limits.cpus == 4)
  }

  @Test func aContainersMountBeginsAtItsOwnGroup() {
    let limits = limits([
      "/proc/self/cgroup": "4:memory:/docker/abc/inner\n",
      "/proc/self/mountinfo":
        "30 29 0:26 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "5000000\n",
      "/sys/fs/cgroup/memory/inner/memory.limit_in_bytes": "4000000\n",
    ])
    #expect(limits.memory == 4_000_000)
    #expect(limits.cpus == nil)
  }

  @Test func nothingIsKnown() {
    #expect(limits([:]) == limits(["/proc/self/cgroup": "junk", "/proc/self/mountinfo": "a b c"]))
    #expect(limits([:]).memory == nil)
  }

  @Test func coresAndMemory() {
    #expect(HostResources.cores(affinity: 8, quota: nil) == 8)
    #expect(HostResources.cores(affinity: 8, quota: 1.5) == 1)
    #expect(HostResources.cores(affinity: 8, quota: 0.2) == 1)
    #expect(HostResources.cores(affinity: 2, quota: 6) == 2)
    let text = "Buffers: 1 kB\nMemTotal:       16384256 kB\nMemFree: 2 kB\n"
    #expect(HostResources.memoryTotal(text) == Int64(16_384_256) * 1024)
    #expect(HostResources.memoryTotal("") == nil)
  }

  @Test func chosenGPUs() {
    #expect(GPUList.chosen(nil) == nil)
    #expect(GPUList.chosen("") == [])
    #expect(GPUList.chosen("NoDevFiles") == [])
    #expect(GPUList.chosen("2, 0") == ["2", "0"])
    #expect(GPUList.chosen("0,-1,1") == ["0"])
    #expect(GPUList.chosen("GPU-1a,MIG-2b") == ["GPU-1a", "MIG-2b"])
  }

  private static let first = "GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77"
  private static let second = "GPU-c6dc3a4e-0b1f-4d3c-8a11-0d2f7a1f9b10"

  private func names(_ query: String, list: String = "") -> [String] {
    var cards = GPUList.cards(query)
    GPUList.add(instances: list, to: &cards)
    return GPUList.names(cards)
  }

  /// Numbers, which every program can read.
  @Test func queriedGPUs() {
    let output = "0, \(Self.first)\r\n1, \(Self.second)\r\n\r\n"
    #expect(names(output) == ["0", "1"])
    let list = "GPU 0: X (UUID: \(Self.first))\nGPU 1: X (UUID: \(Self.second))\n"
    #expect(names(output, list: list) == ["0", "1"])
    #expect(names("No devices were found\n") == [])
    #expect(names("") == [])
  }

  /// One odd line says nothing of the others.
  @Test func oddLines() {
    #expect(
      names("WARNING: infoROM is corrupted\n0, \(Self.first)\n1, \(Self.second)\n") == ["0", "1"])
    // Of a card that has fallen off: how CUDA counts the others is not certain.
    let fallen = "0, \(Self.first)\n1, [Unknown Error]\n2, \(Self.second)\n"
    #expect(names(fallen) == [Self.first, Self.second])
    #expect(names("0, \(Self.first)\n1, [Unknown Error]\n") == ["0"])
  }

  /// A card that is split counts by its instances, and not as a whole.
  @Test func instances() {
    let list = """
      GPU 0: NVIDIA H100 (UUID: \(Self.first))
        MIG 1g.18gb     Device  0: (UUID: MIG-8210e6aa-6e55-5fcc-b76a-18069cb47525)
        MIG 1g.18gb     Device  1: (UUID: MIG-69119060-baa9-56cb-8d2a-a144214426ae)
      GPU 1: NVIDIA H100 (UUID: \(Self.second))

      """
    #expect(
      names("0, \(Self.first)\n1, \(Self.second)\n", list: list) == [
        "MIG-8210e6aa-6e55-5fcc-b76a-18069cb47525", "MIG-69119060-baa9-56cb-8d2a-a144214426ae",
        Self.second,
      ])
  }

  @Test func deviceFiles() {
    let names = ["nvidia0", "nvidia3", "nvidiactl", "nvidia-uvm", "null", "nvidia"]
    #expect(GPUList.devices(names) == ["0", "1"])
  }
}

extension ProcessTests {
  @Suite(.serialized) struct Machine {
    @Test func thisMachine() {
      let resources = HostResources.detect(environment: ["PATH": "/nowhere"])
      #expect(resources.cpus >= 1)
      #expect(resources.memory > 64 << 20)
      #expect(resources.memory < .max)
      #expect(!resources.hostName.isEmpty)
      #expect(resources.identity.isGone() == false)
    }

    @Test func commandsAreCutOff() throws {
      let environment = ["PATH": "/usr/bin:/bin", "X": "y"]
      #expect(
        CommandOutput.capture(
          ["sh", "-c", "echo $X"], environment: environment, timeout: .seconds(9))
          == "y\n")
      #expect(
        CommandOutput.capture(
          ["sh", "-c", "exit 1"], environment: environment, timeout: .seconds(9)) == nil)
      #expect(
        CommandOutput.capture(["no-such"], environment: environment, timeout: .seconds(9)) == nil)
      let begin = Waker.now()
      #expect(
        CommandOutput.capture(["sleep", "1000"], environment: environment, timeout: .zero) == nil)
      #expect(Waker.now() - begin < 10_000_000_000)
    }

    @Test func identity() throws {
      let own = ProcessIdentity.current()
      #expect(own.pid == getpid())
      var other = own
      other.startTime += 1
      #expect(other.isGone() == true)
      other = own
      other.bootID = "another"
      #expect(other.isGone() == nil)
      other = own
      other.pidNamespace += 1
      #expect(other.isGone() == nil)
      let fixture = try RunnerFixture()
      _ = try fixture.run("echo $$")
      other = own
      other.pid = try #require(Int32(fixture.scratch.text("out").dropLast()))
      #expect(other.isGone() == true)
    }
  }
}

@Suite struct WakerTests {
  @Test func wakesAreKeptAndCounted() throws {
    let waker = try Waker()
    #expect(!waker.wait(until: 0))
    waker.wake()
    waker.wake()
    #expect(waker.wait(until: .max))
    #expect(!waker.drain())
    #expect(!waker.wait(until: Waker.now() + 1_000_000))
  }

  @Test func wakesAnotherThread() async throws {
    let waker = try Waker()
    async let woken = Task.detached { waker.wait(until: Waker.now() + 20_000_000_000) }.value
    waker.wake()
    #expect(await woken)
  }
}
