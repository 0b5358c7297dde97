/// The check of the `Host` field. A page of another site may lead a name of its own to this address (DNS
/// rebinding): its requests then bear that name.
struct HostCheck: Sendable {
  /// The names by which the gateway may be called, without ports; nil where any will do, as on a socket
  /// that only a proxy reaches.
  let names: Set<String>?

  /// The names of this host for itself.
  static let loopback: Set<String> = ["localhost", "127.0.0.1", "[::1]"]

  /// Returns true for a field that names the gateway, with any port.
  func allows(_ field: String?) -> Bool {
    guard let names else { return true }
    guard let field else { return false }
    return names.contains(Self.name(field))
  }

  /// Returns the name in a field: without the port, in small letters, without a last dot.
  static func name(_ field: String) -> String {
    var name = field.lowercased()[...]
    if let colon = name.lastIndex(of: ":"), !name[colon...].contains("]"),
      name[name.index(after: colon)...].allSatisfy(\.isNumber)
    {
      name = name[..<colon]
    }
    if name.hasSuffix(".") { name = name.dropLast() }
    return String(name)
  }
}
