internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
public import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import ServiceLifecycle
public import SpoolClient
internal import SpoolModel
internal import SpoolStore
internal import UnixSignals

/// The gateway to a spool: a view of it over HTTP. It has no state of its own and may be stopped at any
/// time; what it changes it changes by requests in `incoming/`.
public struct Gateway: Sendable {
  private let options: GatewayOptions
  private let logger: Logger
  private let desk: Desk
  private let gatekeeper: Gatekeeper
  private let tls: TLSConfiguration?

  /// The time for which a connection may do nothing between two requests, or before the first one is
  /// there as a whole.
  private static let idle = TimeAmount.seconds(20)
  /// The time for which a client may take nothing of an answer.
  private static let stalled = TimeAmount.seconds(30)
  /// The time for answers that are on their way when the gateway ends.
  private static let graceful = Duration.seconds(10)

  /// Makes a gateway. Fails for options that cannot be, or that would let anybody in.
  public init(_ options: GatewayOptions, logger: Logger) throws(Failure) {
    self.options = options
    self.logger = logger
    let tokens = try Self.tokens(options)
    gatekeeper = Gatekeeper(
      tokens, reads: RateLimit(rate: Double(options.rate), burst: Double(options.rate) * 2),
      writes: RateLimit(rate: Double(options.rate) / 10, burst: Double(options.rate) / 5))
    tls = try Self.tls(options)
    let life = String(Int(SystemTime().timestamp.milliseconds), radix: 36)
    desk = Desk(
      spool: options.spool, version: SpoolVersion.text, store: SnapshotStore(),
      events: EventLog(life: life), counters: Counters(), keys: IdempotencyKeys(),
      ledgers: LedgerIndexes(), pool: NIOThreadPool(numberOfThreads: Self.threads), logger: logger)
  }

  /// Threads for calls on the filesystem, which may wait.
  private static let threads = 4

  private static func tokens(_ options: GatewayOptions) throws(Failure) -> Tokens? {
    guard let path = options.tokens else {
      guard options.isLocal else {
        throw Failure(
          .usage,
          "other hosts could reach the gateway there, and anybody could run programs as the pilots' "
            + "user: name a file of tokens with --tokens (`spool-gateway token` makes one), or listen "
            + "on 127.0.0.1")
      }
      return nil
    }
    do {
      let bytes = try PosixFileSystem().read(path, limit: 1 << 20)
      let tokens = try Tokens(String(decoding: bytes, as: UTF8.self))
      guard !tokens.entries.isEmpty else {
        throw Failure(
          .usage, "\(path) lists no token: `spool-gateway token --file \(path)` adds one")
      }
      return tokens
    } catch let failure as Failure {
      throw failure
    } catch let error as RequestError {
      throw Failure(.usage, "\(path): \(error)")
    } catch {
      throw Failure(.missing, "\(error)")
    }
  }

  private static func tls(_ options: GatewayOptions) throws(Failure) -> TLSConfiguration? {
    guard let files = options.tls else { return nil }
    do {
      let chain = try NIOSSLCertificate.fromPEMFile(files.certificate)
      let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
      return TLSConfiguration.makeServerConfiguration(
        certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    } catch {
      throw Failure(
        .usage,
        "cannot read \(files.certificate) and \(files.key) as a certificate and its key: \(error)")
    }
  }

  // MARK: Running

  /// Runs the gateway until a signal ends it. `onStart` is told the address once it answers.
  public func run(_ onStart: @escaping @Sendable (String) -> Void) async throws {
    try await run(signals: [.sigterm, .sigint], onStart)
  }

  /// Runs the gateway until one of these signals ends it, or whoever takes the group ends that.
  func run(
    signals: [UnixSignal], group take: (ServiceGroup) -> Void = { _ in },
    _ onStart: @escaping @Sendable (String) -> Void
  ) async throws {
    desk.pool.start()
    let follower = try FollowerService(desk.spool, desk.events, desk.counters) { [desk] in
      Follower(
        desk.spool, version: desk.version, store: desk.store, events: desk.events,
        counters: desk.counters)
    }
    let application = try application(onStart)
    var configuration = ServiceGroupConfiguration(
      services: [
        .init(service: follower), .init(service: application),
        // The last one is stopped first: streams end, and then the server.
        .init(service: StreamCloser(events: desk.events)),
      ],
      gracefulShutdownSignals: signals, logger: logger)
    configuration.maximumGracefulShutdownDuration = Self.graceful
    let group = ServiceGroup(configuration: configuration)
    take(group)
    try await group.run()
    try await desk.pool.shutdownGracefully()
  }

  private func application(
    _ onStart: @escaping @Sendable (String) -> Void
  ) throws -> some ApplicationProtocol {
    let http = HTTPServerBuilder.http1(
      configuration: .init(
        additionalChannelHandlers: [ConnectionGuard(patience: Self.stalled, logger: logger)],
        idleTimeout: Self.idle,
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)))
    let server = try tls.map { try HTTPServerBuilder.tls(http, tlsConfiguration: $0) } ?? http
    return Application(
      router: router(), server: server,
      configuration: .init(
        address: address, serverName: nil,
        availableConnectionsDelegate: .maximum(options.connections, logger: logger)),
      onServerRunning: { [options] channel in
        if case .socket(let path) = options.place { chmod(path, 0o660) }
        onStart(Self.address(options, channel.localAddress))
      },
      logger: quiet)
  }

  /// The server's own log, which repeats ours.
  private var quiet: Logger {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    return quiet
  }

  private var address: BindAddress {
    switch options.place {
    case .port(let host, let port): .hostname(host, port: port)
    case .socket(let path): .unixDomainSocket(path: path)
    }
  }

  /// Returns the address for people.
  private static func address(_ options: GatewayOptions, _ local: SocketAddress?) -> String {
    switch options.place {
    case .socket(let path): return path
    case .port(let host, let port):
      let name = host.contains(":") ? "[\(host)]" : host
      return "\(options.tls == nil ? "http" : "https")://\(name):\(local?.port ?? port)/"
    }
  }

  // MARK: Routes

  private func router() -> Router<GatewayContext> {
    let routes = Self.routes
    let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: AccessMiddleware(desk: desk, hosts: hosts, routes: routes))
    for route in routes {
      router.on(RouterPath(route.path), method: route.method) {
        [desk, gatekeeper] request, context in
        let caller = try gatekeeper.admit(request, context, route, desk.counters)
        let call = try Call(request, context, caller, desk, route)
        return try await route.handle(call)
      }
    }
    PageRoutes.add(to: router)
    return router
  }

  /// All routes of the interface.
  static let routes: [Route] = {
    let interface =
      SpoolRoutes.all + TaskRoutes.all + JobRoutes.all + LogRoutes.all + WriteRoutes.all
      + DatasetRoutes.all + PilotRoutes.all
    return interface + SystemRoutes.all { description }
  }()

  /// The description of the interface.
  static let description = OpenAPIDocument(routes, version: SpoolVersion.text).json.compact

  private var hosts: HostCheck {
    guard case .port(let host, _) = options.place else { return HostCheck(names: nil) }
    let own = host.contains(":") ? "[\(host)]" : host
    return HostCheck(
      names: HostCheck.loopback.union((options.hostNames + [own]).map { HostCheck.name($0) }))
  }
}

/// Ends all streams when the gateway is told to end.
struct StreamCloser: Service {
  let events: EventLog

  func run() async throws {
    try? await gracefulShutdown()
    events.close()
  }
}
