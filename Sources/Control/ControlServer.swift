import Hummingbird
public import Logging
import NIOCore

/// The control interface of the running service: HTTP on the control socket in `state_dir`, and on a TCP address if one
/// is wanted.
///
/// `GET` and `HEAD`: `/_up`, `/_status`, `/_metrics`. `POST`: `/_reload`, `/_start/NAME`, `/_stop/NAME`,
/// `/_restart/NAME`, `/_rewind`. Who may do what is decided by the ``Gatekeeper``.
public actor ControlServer {
    private let socket: ControlSocket
    private let door: Door
    private let limits: Limits
    private let logger: Logger
    private var tokenFile: TokenFile

    private var socketListener: Listener?
    private var tcp: (asked: ListenAddress, listener: Listener)?
    /// Those whose address was given up, until they have ended.
    private var retiring: [ObjectIdentifier: Listener] = [:]
    private var isStopped = false

    /// - Parameters:
    ///   - controlled: the service.
    ///   - folder: `state_dir`. It must be there, and belong to this process alone: the store's lock in it is held.
    ///   - tokenFile: what `[herald] token_file` names; `nil` for a token that is made in `folder`.
    public init(_ controlled: any Controlled, folder: String, tokenFile: String? = nil, logger: Logger) {
        self.init(controlled, folder: folder, tokenFile: tokenFile, limits: Limits(), logger: logger)
    }

    init(_ controlled: any Controlled, folder: String, tokenFile: String?, limits: Limits, logger: Logger) {
        self.tokenFile = tokenFile.map { TokenFile($0) } ?? TokenFile(inFolder: folder)
        self.limits = limits
        self.logger = logger
        socket = ControlSocket(inFolder: folder)
        door = Door(Desk(controlled, logger: logger), self.tokenFile, logger: logger)
    }

    /// The path of the control socket.
    public nonisolated var socketPath: String { socket.path }

    /// The TCP address that is bound, with its real port; `nil` where none is.
    public var address: ListenAddress? {
        tcp.map { ListenAddress(host: $0.asked.host, port: $0.listener.address?.port ?? $0.asked.port) }
    }

    /// Makes the token if there is none, binds the socket and `address`, and returns when requests are taken: those that
    /// come before the service is ready are answered by what `controlled` says of itself then.
    ///
    /// - Parameter address: where to listen for TCP connections; `nil` for nowhere.
    /// - Throws: what cannot be had. Then nothing is bound, and this object is of no more use.
    public func start(listen address: ListenAddress?) async throws(ControlFault) {
        try check(tokenFile)
        try socket.prepare()
        let door = door
        do {
            let place = BindAddress.unixDomainSocket(path: socket.draft)
            socketListener = try await Listener(place, limits: limits, logger: logger) { request, _ in
                await door.respond(to: request, by: .socket)
            }
        } catch {
            socket.abandon()
            throw ControlFault(
                .socket,
                socket.path,
                "cannot be made: \(Self.words(error))",
                hint: "let the user that runs herald read and write its folder, or set another state_dir"
            )
        }
        do throws(ControlFault) {
            try socket.publish()
            logger.info("listening at \(socket.path)")
            try await move(to: address)
        } catch {
            await stop()
            socket.abandon()
            throw error
        }
    }

    /// Listens for TCP connections at `address` from now on; `nil` for nowhere. The new address is bound before the old
    /// one is given up; what is under way there is still answered.
    ///
    /// - Throws: why the new address cannot be bound. Then the old one goes on.
    public func move(to address: ListenAddress?) async throws(ControlFault) {
        guard !isStopped, tcp?.asked != address else { return }
        guard let address else {
            await retire(for: nil)
            return
        }
        let listener: Listener
        do throws(ControlFault) {
            listener = try await bind(address)
        } catch {
            // It may be our own old one that is in the way: 127.0.0.1 and 0.0.0.0 cannot be had both with one port.
            guard error.kind == .addressTaken, let old = tcp, self.address?.port == address.port else { throw error }
            await old.listener.close()
            do throws(ControlFault) {
                listener = try await bind(address)
            } catch {
                await takeBack(old)
                throw error
            }
        }
        guard !isStopped else {
            await listener.stop(grace: .zero)
            return
        }
        await retire(for: (address, listener))
        logger.info("listening at \(self.address?.url ?? address.url)")
    }

    /// From now on the token stands in the file at `path`; `nil` for the one in `state_dir`.
    ///
    /// - Throws: what is wrong with that file. Then the old one goes on.
    public func useToken(at path: String?) throws(ControlFault) {
        let folder = String(socket.path.dropLast("/control.sock".count))
        let file = path.map { TokenFile($0) } ?? TokenFile(inFolder: folder)
        guard file != tokenFile else { return }
        try check(file)
        tokenFile = file
        door.use(file)
    }

    /// Takes no more requests, lets those that are under way be answered within a second, closes all connections and
    /// removes the socket. Nothing that a client or a part of the service does holds it up for more than two seconds.
    public func stop() async {
        isStopped = true
        let listeners = [socketListener, tcp?.listener].compactMap(\.self) + retiring.values
        socketListener = nil
        tcp = nil
        retiring = [:]
        socket.remove()
        let grace = limits.grace
        await withTaskGroup { group in
            for listener in listeners {
                group.addTask { await listener.stop(grace: grace) }
            }
            for await isOver in group where !isOver {
                logger.warning("a request is not answered yet; it is left alone")
            }
        }
    }

    /// Makes the token if need be, sees that it can be read, and says so where others can read it too.
    private func check(_ file: TokenFile) throws(ControlFault) {
        try file.makeIfMissing()
        _ = try file.read()
        if let warning = file.warning { logger.warning("\(warning)") }
    }

    private func bind(_ address: ListenAddress) async throws(ControlFault) -> Listener {
        let door = door
        do {
            let place = BindAddress.hostname(address.host, port: address.port)
            return try await Listener(place, limits: limits, logger: logger) { request, bound in
                await door.respond(to: request, by: .tcp(host: address.host, reach: .init(address: bound?.ipAddress)))
            }
        } catch {
            throw Self.fault(address, error)
        }
    }

    /// Binds the old address again after it was closed for the sake of another one.
    private func takeBack(_ old: (asked: ListenAddress, listener: Listener)) async {
        // With the port that it had, if that was chosen for it.
        let port = old.listener.address?.port ?? old.asked.port
        do throws(ControlFault) {
            let listener = try await bind(ListenAddress(host: old.asked.host, port: port))
            guard !isStopped else {
                await listener.stop(grace: .zero)
                return
            }
            await retire(for: (old.asked, listener))
        } catch {
            logger.error("\(error)")
            await retire(for: nil)
        }
    }

    /// Gives the address up that is bound, without waiting for what is under way there.
    private func retire(for next: (asked: ListenAddress, listener: Listener)?) async {
        let old = tcp?.listener
        tcp = next
        guard let old else { return }
        retiring[ObjectIdentifier(old)] = old
        await old.close()
        Task {
            await old.stop(grace: limits.longGrace)
            retiring[ObjectIdentifier(old)] = nil
        }
    }
}
