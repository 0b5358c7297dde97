import CSpoolSystem
import Glibc
public import SpoolStore

/// The resources of this machine, or of the part of it that we were given, for payloads.
///
/// In: `/proc`, control groups, `nvidia-smi`. Out: what a pilot offers unless its operator says
/// otherwise. Every question has a time-out (R10).
public struct HostResources: Sendable, Equatable {
  /// Cores that this process may use: its affinity, bounded by control groups. At least 1.
  public var cpus: Int
  /// Bytes: the machine's memory, bounded by control groups.
  public var memory: Int64
  /// GPUs, as `CUDA_VISIBLE_DEVICES` names them.
  public var gpus: [String]
  /// The host's name, as the system knows it.
  public var hostName: String
  /// This process; its boot id is the host's.
  public var identity: ProcessIdentity

  /// Makes resources that are known already; ``detect(environment:)`` asks the machine.
  public init(
    cpus: Int, memory: Int64, gpus: [String], hostName: String, identity: ProcessIdentity
  ) {
    self.cpus = cpus
    self.memory = memory
    self.gpus = gpus
    self.hostName = hostName
    self.identity = identity
  }

  /// Asks the machine. `environment` is the pilot's own: its `PATH` leads to `nvidia-smi`, which is
  /// given 10 seconds, and a `CUDA_VISIBLE_DEVICES` that is set there is obeyed.
  public static func detect(environment: [String: String]) -> HostResources {
    let limits = CgroupLimits(readText)
    let total = memoryTotal(readText("/proc/meminfo") ?? "") ?? 0
    return HostResources(
      cpus: cores(affinity: Int(spool_usable_cores()), quota: limits.cpus),
      memory: min(total > 0 ? total : .max, limits.memory ?? .max),
      gpus: detectGPUs(environment), hostName: currentHostName(), identity: .current())
  }

  /// The number of cores that this process may use: its affinity, bounded by control groups. It reads
  /// `/proc` at each call.
  public static var usableCores: Int {
    cores(affinity: Int(spool_usable_cores()), quota: CgroupLimits(readText).cpus)
  }

  /// The numbers of the cores that this process may run on, by its affinity.
  public static var coreNumbers: [Int32] {
    var cores = [Int32](repeating: 0, count: 4096)
    let count = spool_list_cores(&cores, Int32(cores.count))
    return Array(cores.prefix(Int(count)))
  }

  /// Returns whole cores: a quota of one and a half is one core that may be busy all the time.
  static func cores(affinity: Int, quota: Double?) -> Int {
    guard let quota, quota < Double(affinity) else { return max(1, affinity) }
    return max(1, Int(quota))
  }

  /// Returns `MemTotal` in bytes; nil where the text has none.
  static func memoryTotal(_ meminfo: String) -> Int64? {
    for line in meminfo.split(separator: "\n") where line.hasPrefix("MemTotal:") {
      let words = CgroupLimits.words(String(line))
      return words.count > 1 ? Int64(words[1]).map { $0 * 1024 } : nil
    }
    return nil
  }

  private static func detectGPUs(_ environment: [String: String]) -> [String] {
    if let chosen = GPUList.chosen(environment["CUDA_VISIBLE_DEVICES"]) { return chosen }
    let query = ["nvidia-smi", "--query-gpu=index,uuid", "--format=csv,noheader"]
    guard let output = ask(query, environment) else { return GPUList.devices(names(in: "/dev")) }
    var cards = GPUList.cards(output)
    if cards.isEmpty {
      return output.contains("No devices") ? [] : GPUList.devices(names(in: "/dev"))
    }
    GPUList.add(instances: ask(["nvidia-smi", "-L"], environment) ?? "", to: &cards)
    return GPUList.names(cards)
  }

  /// Returns what a program printed, however it ended; nil where it could not be started, or took too
  /// long.
  private static func ask(_ arguments: [String], _ environment: [String: String]) -> String? {
    let call = CommandOutput.Call(
      arguments: arguments, environment: environment,
      deadline: spool_now() + Duration.seconds(10).nanoseconds)
    guard let (end, output) = try? CommandOutput.run(call, goesOn: { true }), end != .killed else {
      return nil
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Returns the names in a directory; none where it cannot be read.
  static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      names.append(name)
    }
    return names
  }

  /// Asks the system for this host's name; `localhost` where it has none.
  public static func currentHostName() -> String {
    var bytes = [CChar](repeating: 0, count: 256)
    let error = gethostname(&bytes, bytes.count - 1)
    let text = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let name = String(decoding: text, as: UTF8.self)
    return error == 0 && !name.isEmpty ? name : "localhost"
  }

  /// Reads a small text file of the kernel's, whole; nil where it is not there.
  static func readText(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while bytes.count < 1 << 22 {
      let count = read(descriptor, &chunk, chunk.count)
      if count <= 0 { break }
      bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
