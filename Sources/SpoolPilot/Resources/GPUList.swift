/// The GPUs of this machine, by the names that `CUDA_VISIBLE_DEVICES` takes. Functions of texts,
/// without effects.
enum GPUList {
  /// Returns the devices that somebody already chose for us, in that variable; nil where nobody did.
  /// The variable is read as CUDA reads it: what follows an invalid entry is not seen.
  static func chosen(_ variable: String?) -> [String]? {
    guard let variable else { return nil }
    var devices: [String] = []
    for part in variable.split(separator: ",", omittingEmptySubsequences: false) {
      let device = String(part.filter { $0 != " " })
      let isNumber = !device.isEmpty && device.allSatisfy { $0.isASCII && $0.isNumber }
      guard isNumber || device.hasPrefix("GPU-") || device.hasPrefix("MIG-") else { break }
      if !devices.contains(device) { devices.append(device) }
    }
    return devices
  }

  /// Returns the UUIDs that `nvidia-smi --query-gpu=index,uuid --format=csv,noheader` printed, because
  /// CUDA may count in another order; nil where it printed something else (no driver).
  static func queried(_ output: String) -> [String]? {
    var devices: [String] = []
    for line in output.split(separator: "\n") {
      let fields = line.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\r" } }
      guard fields.count == 2, Int(fields[0]) != nil, fields[1].hasPrefix("GPU-") else {
        return nil
      }
      devices.append(fields[1])
    }
    return devices
  }

  /// Returns the devices of the names in `/dev`: `nvidia0`, `nvidia1`, but not `nvidiactl`. CUDA counts
  /// those that a container was given from 0, whatever their numbers are.
  static func devices(_ names: [String]) -> [String] {
    let count = names.filter { name in
      let number = name.dropFirst(6)
      return name.hasPrefix("nvidia") && !number.isEmpty
        && number.allSatisfy { $0.isASCII && $0.isNumber }
    }.count
    return (0..<count).map(String.init)
  }
}
