import SpoolModel
import SpoolStore
import Testing

@testable import SpoolWatcher

/// Records as the journal has them, without their checksum, for tests of the state.
enum RecordTexts {
  static func task(_ name: String, priority: Int = 5, _ members: String = "") -> String {
    let more = members.isEmpty ? #""input":{"count":4}"# : members
    return """
      {"type":"task","incarnation":"i","owner":7,"at":5,"digest":"00000000","request":\
      {"kind":"task","name":"\(name)","priority":\(priority),"command":["w"],\(more)}}
      """
  }

  /// A task that fills the dataset of its own name.
  static func producer(_ name: String) -> String {
    task(name, #""input":{"count":4},"outputs":[{"path":"/d/{index}"}]"#)
  }

  static func chain(_ name: String, _ steps: String...) -> String {
    let list = steps.map { name in
      #"{"name":"\#(name)","command":["w"],"outputs":[{"path":"/d/{stem}.\#(name)"}]}"#
    }
    return """
      {"type":"chain","incarnation":"i","owner":7,"at":5,"digest":"00000000","request":\
      {"kind":"chain","name":"\(name)","input":"raw","steps":[\(list.joined(separator: ","))]}}
      """
  }

  static func formed(_ task: String, _ count: Int, first: Int = 0) -> String {
    let offsets = (first..<first + count).map(String.init).joined(separator: ",")
    return """
      {"type":"formed","task":"\(task)","first":\(first),"source":0,"offsets":[\(offsets)],\
      "next":\(first + count)}
      """
  }

  static let output = """
    {"number":0,"path":"/d/0","part":".spool.a1@n-00000001.0","size":3,"adler32":"00000001"}
    """

  static func accepted(_ job: String, outputs: String = "") -> String {
    """
    {"type":"accepted","job":"\(job)","attempt":1,"result":{"pilot":"n-00000001","host":"n",\
    "started":10,"ended":20,"exit":0,"class":"ok","cpu":1,"memory":2,"outputs":[\(outputs)]}}
    """
  }

  static func failed(_ job: String, retryAt: Int? = nil) -> String {
    let due = retryAt.map { "\"retryAt\":\($0)," } ?? ""
    return """
      {"type":"failed","job":"\(job)","attempt":1,"cause":"exit1","at":20,\(due)\
      "parts":["/d/.spool.a1@n-00000001.x"]}
      """
  }

  static func ended(_ task: String, _ state: String = "done", at: Int = 30) -> String {
    #"{"type":"ended","task":"\#(task)","state":"\#(state)","at":\#(at)}"#
  }

  static func control(_ kind: String, _ task: String, at: Int = 40, _ more: String = "") -> String {
    """
    {"type":"control","owner":7,"at":\(at),"key":"\(kind) \(task) \(at)",\
    "request":{"kind":"\(kind)","task":"\(task)"\(more)}}
    """
  }

  static func manifest(_ dataset: String, _ more: String = "") -> String {
    """
    {"type":"manifest","dataset":"\(dataset)","origin":"o","digest":"0","files":4,"length":100,\
    "last":true,"closes":false,"at":5\(more)}
    """
  }

  static func packed(_ name: String) -> String { #"{"type":"packed","task":"\#(name)","at":50}"# }
  static func expired(_ name: String) -> String { #"{"type":"expired","task":"\#(name)","at":60}"# }
  static func cleared(_ name: String) -> String { #"{"type":"cleared","task":"\#(name)"}"# }

  static func name(_ text: String) throws -> Name {
    let name = Name(text)
    return try #require(name)
  }

  static func record(_ text: String) throws -> Record {
    let json = try #require(try JSON.parse(Array(text.utf8)).object, "\(text)")
    return try #require(Record(RecordLine(json)), "\(text)")
  }

  /// The state that records add up to.
  static func state(_ texts: [String]) throws -> SpoolState {
    var state = SpoolState()
    for text in texts { try state.take(text) }
    return state
  }
}

extension SpoolState {
  /// Takes in a record that is written as in the journal.
  @discardableResult
  mutating func take(_ text: String) throws -> Effects {
    try apply(RecordTexts.record(text), graceful: .seconds(1))
  }
}
