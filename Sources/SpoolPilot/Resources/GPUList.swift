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

  /// A card that `nvidia-smi` tells of.
  struct Card: Equatable {
    var index: Int
    var uuid: String
    /// The UUIDs of its MIG instances. One that has any is of no use as a whole.
    var instances: [String] = []
  }

  /// Returns the cards in what `nvidia-smi --query-gpu=index,uuid --format=csv,noheader` printed. Lines
  /// that are something else, warnings and cards that have fallen off the bus, say nothing of the
  /// others.
  static func cards(_ output: String) -> [Card] {
    output.split(whereSeparator: \.isNewline).compactMap { line in
      let fields = line.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\r" } }
      guard fields.count == 2, let index = Int(fields[0]), fields[1].hasPrefix("GPU-") else {
        return nil
      }
      return Card(index: index, uuid: fields[1])
    }
  }

  /// Adds to cards the MIG instances that `nvidia-smi -L` printed, each below its card.
  static func add(instances output: String, to cards: inout [Card]) {
    var current: Int?
    for line in output.split(whereSeparator: \.isNewline) {
      guard let start = line.firstRange(of: "UUID: ")?.upperBound else { continue }
      let uuid = String(line[start...].prefix { $0 != ")" && $0 != " " })
      if uuid.hasPrefix("GPU-") {
        current = cards.firstIndex { $0.uuid == uuid }
      } else if uuid.hasPrefix("MIG-"), let current {
        cards[current].instances.append(uuid)
      }
    }
  }

  /// Returns the names of cards for `CUDA_VISIBLE_DEVICES`: their numbers, which every program can read
  /// and which are in the order of `PCI_BUS_ID`; UUIDs where only these are certain, because a card is
  /// missing among them, or is split into MIG instances.
  static func names(_ cards: [Card]) -> [String] {
    let isWhole = cards.enumerated().allSatisfy { $0 == $1.index && $1.instances.isEmpty }
    if isWhole { return cards.map { "\($0.index)" } }
    return cards.flatMap { $0.instances.isEmpty ? [$0.uuid] : $0.instances }
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
