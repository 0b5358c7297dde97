import CSpoolSystem
import Glibc
import SpoolStore
internal import Synchronization

/// The thread that makes the first processes of payloads whose starts may take long, one after the other.
///
/// In: payloads. Out: their processes, or why there is none. A thread stands still from the clone to
/// the exec, which takes most of a start, and longer than that where the program's filesystem is slow
/// or hangs. So it is not the pilot's thread.
///
/// The kernel kills a payload's first process when the thread ends that made it. The thread lasts as
/// long as the spawner is open. It outlasts that only where a start hangs; then it kills what it made.
final class PayloadSpawner: Sendable {
  /// A payload that is to be started.
  struct Request: Sendable {
    var payload: Payload
    var serial: UInt32
    /// Its control group, where payloads have one each.
    var group: PayloadCgroups.Group?
    /// Nothing like it was started before.
    var isNew: Bool
  }

  /// The outcome of a request.
  struct Answer: Sendable {
    var request: Request
    /// The pid and a descriptor of the process, which is in the set that the spawner was given.
    var process: Result<(pid: pid_t, descriptor: Int32), SpawnError>
    /// The path of a program on local disk, looked for if the request was new.
    var localProgram: String?
    /// The moment of the start, in monotonic nanoseconds.
    var moment: UInt64
  }

  private struct Mailbox {
    var isOpen = true
    var requests: [Request] = []
    /// The serial number of the payload that is being started.
    var current: UInt32?
    /// Somebody waits for the answer about it.
    var isAwaited = false
    var answers: [Answer] = []
    /// The answer bell has been rung since the answers were taken.
    var hasRung = false
  }

  /// The number of answers from which on the runner is woken: it may wait for them to ask for more.
  static let mostUnread = FailureRow.mostUnstarted

  private let mailbox = Mutex(Mailbox())
  private let mark: PayloadMark
  private let umask: UInt32
  /// Ends the sleep of the spawner's thread, and that of the runner.
  private let bell: Waker
  private let answerBell: Waker
  /// The set that the runner sleeps on: the answer bell, and the processes that were started. So the
  /// runner's thread is not woken for each start.
  private let set: Int32

  /// Starts the thread. The caller goes on to own `set`, which outlasts the spawner's use.
  init(mark: PayloadMark, umask: UInt32, set: Int32) throws(FileError) {
    self.mark = mark
    self.umask = umask
    self.set = set
    bell = try Waker()
    answerBell = try Waker()
    let error = spool_set_add(set, answerBell.descriptor)
    if error != 0 { throw FileError("epoll_ctl", "", error) }
    try WorkerThread.start { [self] in run() }
  }

  // MARK: The runner's side

  /// Asks for a start.
  func ask(_ request: Request) {
    mailbox.withLock { $0.requests.append(request) }
    bell.wake()
  }

  /// Returns the answers since the last call.
  func takeAnswers() -> [Answer] {
    mailbox.withLock { mailbox in
      if mailbox.hasRung { answerBell.drain() }
      mailbox.hasRung = false
      defer { mailbox.answers = [] }
      return mailbox.answers
    }
  }

  /// Takes back a request, if its start is not under way yet: the answer is then that it was
  /// cancelled. The runner is woken for the answer in any case.
  func cancel(_ serial: UInt32) {
    mailbox.withLock { mailbox in
      if mailbox.current == serial { return mailbox.isAwaited = true }
      if let index = mailbox.requests.firstIndex(where: { $0.serial == serial }) {
        let request = mailbox.requests.remove(at: index)
        let error = SpawnError.cancelled(request.payload.arguments.first ?? "")
        mailbox.answers.append(
          Answer(request: request, process: .failure(error), moment: Waker.now()))
      }
      ring(&mailbox)
    }
  }

  /// Takes no more requests, and waits for the start that is under way, until `deadline`
  /// (``Waker/now()``). What is started after that is killed.
  func close(until deadline: UInt64) {
    let isBusy = mailbox.withLock { mailbox in
      mailbox.requests = []
      mailbox.isAwaited = true
      return mailbox.current != nil
    }
    if isBusy { answerBell.wait(until: deadline) }
    mailbox.withLock { $0.isOpen = false }
    bell.wake()
  }

  // MARK: The spawner's thread

  private func run() {
    while true {
      let (request, isOpen) = mailbox.withLock { mailbox -> (Request?, Bool) in
        guard mailbox.isOpen, !mailbox.requests.isEmpty else { return (nil, mailbox.isOpen) }
        let request = mailbox.requests.removeFirst()
        mailbox.current = request.serial
        return (request, true)
      }
      if let request {
        start(request)
      } else if isOpen {
        bell.wait(until: .max)
      } else {
        return
      }
    }
  }

  private func start(_ request: Request) {
    let moment = Waker.now()
    let process: Result<(pid: pid_t, descriptor: Int32), SpawnError>
    var localProgram: String?
    do throws(SpawnError) {
      let command = try SetupCommand(request.payload, umask: umask)
      process = .success(
        try PayloadSpawn.start(
          request.payload, command, mark: mark, serial: request.serial, umask: umask,
          group: request.group))
      if request.isNew { localProgram = LocalPrograms.find(command, request.payload) }
    } catch {
      process = .failure(error)
    }
    let answer = Answer(
      request: request, process: process, localProgram: localProgram, moment: moment)
    if !hand(answer), case .success(let process) = process { Self.discard(process) }
  }

  /// Hands an answer to the runner; false where the spawner is closed.
  private func hand(_ answer: Answer) -> Bool {
    mailbox.withLock { mailbox in
      defer {
        mailbox.current = nil
        mailbox.isAwaited = false
      }
      guard mailbox.isOpen else { return false }
      mailbox.answers.append(answer)
      let isWatched =
        if case .success(let process) = answer.process, process.descriptor >= 0 {
          spool_set_add(set, process.descriptor) == 0
        } else {
          false
        }
      let isAwaited = mailbox.isAwaited || mailbox.answers.count >= Self.mostUnread
      if !isWatched || isAwaited { ring(&mailbox) }
      return true
    }
  }

  private func ring(_ mailbox: inout Mailbox) {
    mailbox.hasRung = true
    answerBell.wake()
  }

  private static func discard(_ process: (pid: pid_t, descriptor: Int32)) {
    // Its group: it may have forked already.
    kill(-process.pid, SIGKILL)
    while waitpid(process.pid, nil, 0) < 0, errno == EINTR {}
    if process.descriptor >= 0 { Glibc.close(process.descriptor) }
  }
}
