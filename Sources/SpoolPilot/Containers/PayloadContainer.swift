internal import Glibc
public import SpoolModel
internal import SpoolStore

/// The container of a payload: what is to be run, by what, and what it may see.
public struct PayloadContainer: Sendable, Equatable {
  /// The image, and what it sees besides the job's own.
  public var container: Container
  /// The program that runs it.
  public var runtime: ContainerRuntime
  /// The name of the container, which no other attempt has.
  public var name: String
  /// The pilot's process, as ``PilotRecord/process``, by which a later pilot knows what this one left.
  public var process: JSON = .null
  /// The job's place on local disk, which is the pilot's to clean.
  public var scratch: String
  /// The environment of the runtime itself, the pilot's; the payload gets none of it.
  public var host: [String: String]
  /// The GPUs of the job, of a pilot that has some.
  public var gpus: [String]?
  /// The job's input files.
  public var inputs: [String]
  /// A file with the paths of further input files, each ended by a NUL byte.
  public var inputList: String?
  /// The directories that the payload may write to, besides its scratch.
  public var writable: [String]

  /// Makes one from its parts; nothing is checked.
  public init(
    _ container: Container, by runtime: ContainerRuntime, name: String, scratch: String,
    host: [String: String], gpus: [String]? = nil, inputs: [String] = [], inputList: String? = nil,
    writable: [String]
  ) {
    self.container = container
    self.runtime = runtime
    self.name = name
    self.scratch = scratch
    self.host = host
    self.gpus = gpus
    self.inputs = inputs
    self.inputList = inputList
    self.writable = writable
  }

  /// Fails for an image in a file that is not there, or not to be read.
  func lookForImage() throws(ContainerFault) {
    guard container.isFile, access(container.image, R_OK) != 0 else { return }
    throw ContainerFault(
      isTheTasks: false,
      words:
        "\(FileError("read the image", container.image, errno)) on this host: is its filesystem "
        + "mounted, and may the user who runs the pilot read it?")
  }
}
