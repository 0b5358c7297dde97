/// The container that payloads run in: `"container"` of a task, a chain or `spool.json`, and of a job.
public struct Container: Equatable, Sendable {
  /// The image: the absolute path of an image of Apptainer on the pilot's machine, a file or a
  /// directory, or a reference to an OCI image, as `docker.io/library/debian:12`.
  public var image: String
  /// Directories or files of the pilot's machine that the payload sees at the same paths and cannot
  /// write to, besides those of the job.
  public var mounts: [String] = []

  /// Makes one from its parts; nothing is checked.
  public init(image: String, mounts: [String] = []) {
    self.image = image
    self.mounts = mounts
  }

  /// True for an image in a file or a directory, which Apptainer alone can run.
  public var isFile: Bool { image.utf8.first == UInt8(ascii: "/") }

  /// The tag of pilots that run containers.
  public static let tag = "container"
  /// The tag of those that run images in files.
  public static let fileTag = "apptainer"

  /// The tag that a pilot must have to run it. The name of a job holds it, so that no pilot claims the
  /// job that would run its command without the container.
  public var neededTag: String { isFile ? Self.fileTag : Self.tag }

  /// The container as requests and jobs hold it.
  var json: JSON {
    var object = JSONObject([.init("image", .string(image))])
    if !mounts.isEmpty { object["mounts"] = .array(mounts.map { .string($0) }) }
    return .object(object)
  }

  /// Reads the container of a job; nil for what is none.
  init?(_ json: JSON) {
    guard let image = json["image"]?.string, !image.isEmpty else { return nil }
    self.init(image: image, mounts: (json["mounts"]?.array ?? []).compactMap(\.string))
  }
}

/// The choice of a container in a task, a chain or `spool.json`.
public enum ContainerChoice: Equatable, Sendable {
  /// No container, whatever the chain or the spool says.
  case none
  /// This container.
  case container(Container)

  /// The word for no container.
  public static let noneText = "none"
  /// The most mounts besides those of the job.
  static let mostMounts = 50

  /// The container; nil for none.
  public var container: Container? {
    if case .container(let container) = self { container } else { nil }
  }

  /// The choice as requests and `spool.json` hold it.
  var json: JSON { container?.json ?? .string(Self.noneText) }
}

extension Fields {
  /// Reads a container; relative paths are taken from `root`, or refused where that is nil.
  func container(_ key: String, root: String?) throws(RequestError) -> ContainerChoice? {
    guard let value = object[key] else { return nil }
    if value.string == ContainerChoice.noneText { return ContainerChoice.none }
    guard value.object != nil else {
      throw fault(
        key, "expected {\"image\": …} or \"none\", found \(value.kindName)")
    }
    let fields = try Fields(value, path: full(key), line: lineOf(key), keys: ["image", "mounts"])
    _ = try fields.required("image", "the path of an image, or a reference to an OCI image")
    let image = try fields.image(try fields.string("image") ?? "", root: root)
    let mounts = try fields.strings("mounts") ?? []
    guard mounts.count <= ContainerChoice.mostMounts else {
      throw fields.fault("mounts", "more than \(ContainerChoice.mostMounts) paths")
    }
    var paths: [String] = []
    for (index, mount) in mounts.enumerated() {
      let element = "mounts[\(index)]"
      guard root != nil || mount.utf8.first == UInt8(ascii: "/"), mount != "/" else {
        throw fields.fault(
          element, at: "mounts", "expected an absolute path below /, found \"\(mount)\"")
      }
      paths.append(try fields.path(mount, root: root ?? "/", element, at: "mounts"))
    }
    return .container(Container(image: image, mounts: paths))
  }

  /// Returns an image as jobs name it: a path that is absolute, or a reference without `docker://`.
  private func image(_ text: String, root: String?) throws(RequestError) -> String {
    let docker = "docker://"
    let reference = text.hasPrefix(docker) ? String(text.dropFirst(docker.count)) : text
    let isPath =
      text.hasPrefix("/") || text.hasPrefix("./") || text.hasPrefix("../")
      || text.hasSuffix(".sif")
    guard isPath else {
      guard Self.isReference(reference) else {
        throw fault(
          "image",
          "expected the path of an image, as /cvmfs/x.sif, or a reference to an OCI image, as "
            + "docker.io/library/debian:12, found \"\(text)\"")
      }
      return reference
    }
    guard root != nil || text.hasPrefix("/") else {
      throw fault("image", "expected an absolute path, found \"\(text)\"")
    }
    return try directoryPath(text, root: root ?? "/", "image")
  }

  /// True for `[HOST[:PORT]/]NAME[:TAG][@DIGEST]`: what no runtime takes for an option.
  private static func isReference(_ text: String) -> Bool {
    guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= 500,
      !text.contains("//")
    else { return false }
    return text.utf8.allSatisfy { isAlphanumeric($0) || "._-/:@".utf8.contains($0) }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: false
    }
  }
}

extension SpoolConfig {
  /// Returns the source of a request for a task or a chain, with the spool's container where the request
  /// names none. A task with a setup has no container: its script is the host's. The result is what is
  /// recorded, so a task keeps its container whatever `spool.json` says later.
  public func completed(_ source: JSONObject) -> JSONObject {
    guard let container, source["container"] == nil, source["command"] != nil || isChain(source),
      source["setup"] == nil || source["setup"]?.string == SetupScript.noneText
    else { return source }
    var completed = source
    completed["container"] = container.json
    return completed
  }

  private func isChain(_ source: JSONObject) -> Bool { source["steps"] != nil }
}
