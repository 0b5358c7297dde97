import SpoolStore
internal import Synchronization

/// The thread that removes containers by their names when their payloads were killed: a daemon goes on
/// with what it runs when its client is gone, and records of containers stay.
///
/// In: containers, by the serial numbers of their payloads. Out: whether they are gone.
final class ContainerRemover: Sendable {
  private struct Mailbox {
    var isRunning = false
    var orders: [Order] = []
    var pending: Set<UInt32> = []
  }

  private enum Order {
    case container(PayloadContainer, serial: UInt32)
    case remains(ContainerRemains)
  }

  private let mailbox = Mutex(Mailbox())

  /// Asks for the removal of a payload's container.
  func remove(_ container: PayloadContainer, of serial: UInt32) {
    mailbox.withLock { _ = $0.pending.insert(serial) }
    ask(.container(container, serial: serial))
  }

  /// Asks for the removal of what earlier pilots have left.
  func remove(_ remains: ContainerRemains) { ask(.remains(remains)) }

  /// The thread runs while there is something to remove. Without a thread there is no removal.
  private func ask(_ order: Order) {
    let isNew = mailbox.withLock { mailbox in
      mailbox.orders.append(order)
      defer { mailbox.isRunning = true }
      return !mailbox.isRunning
    }
    guard isNew else { return }
    do throws(FileError) {
      try WorkerThread.start { [self] in run() }
    } catch {
      mailbox.withLock { mailbox in
        mailbox.isRunning = false
        mailbox.orders = []
        mailbox.pending = []
      }
    }
  }

  /// Returns true once the container of a payload is removed, or that has failed.
  func isDone(_ serial: UInt32) -> Bool { mailbox.withLock { !$0.pending.contains(serial) } }

  private func run() {
    while let order = next() {
      switch order {
      case .remains(let remains): remains.remove()
      case .container(let container, let serial):
        let runtime = container.runtime
        ContainerRemains(runtime: runtime, environment: container.host).remove(container.name)
        mailbox.withLock { _ = $0.pending.remove(serial) }
      }
    }
  }

  private func next() -> Order? {
    mailbox.withLock { mailbox in
      guard !mailbox.orders.isEmpty else {
        mailbox.isRunning = false
        return nil
      }
      return mailbox.orders.removeFirst()
    }
  }
}
