import CouchFeed
import Curl
import Logging
import Notices
import Settings
import Status

/// The hub, which lives on the loop's thread, as other threads reach it. It is replaced by another when it is to follow
/// something else: that one goes on where it was.
@CurlLoop
final class HubHandle {
    private var hub: Hub?
    /// What it follows.
    private var source: SourceSettings?
    private let keeper: CursorKeeper
    private let log: Logger
    private let foundWrongServer: @Sendable (WrongServer) -> Void
    private var isStopped = false

    /// - Parameter foundWrongServer: Called if the first server that is followed turns out to be another than the one whose
    ///   cursors there are.
    nonisolated init(
        keeper: CursorKeeper,
        log: Logger,
        foundWrongServer: @escaping @Sendable (WrongServer) -> Void
    ) {
        self.keeper = keeper
        self.log = log
        self.foundWrongServer = foundWrongServer
    }

    /// From now on `source` is followed for `followers`. Calls must not overlap.
    func follow(_ source: SourceSettings, for followers: [Notifier]) async {
        let isFirst = hub == nil
        let memory: HubMemory
        if let hub, source == self.source {
            let delivered = await HubMemory.of(keeper)
            return isStopped ? () : hub.follow(for: followers, knowing: delivered)
        }
        self.source = source
        if let hub {
            hub.stop()
            memory = await .of(keeper, after: hub)
        } else {
            memory = await .of(keeper)
        }
        guard !isStopped else { return }
        let next = Hub(
            address: ServerAddress(source),
            options: HubOptions(source),
            followers: followers,
            keeper: keeper,
            memory: memory,
            log: log,
            // Later on it is a person's slip, which is told and can be mended while Herald runs.
            foundWrongServer: isFirst ? foundWrongServer : nil
        )
        hub = next
        next.start()
    }

    /// For good.
    func stop() {
        isStopped = true
        hub?.stop()
    }

    func roomAgain() {
        hub?.roomAgain()
    }

    /// Returns when the loop has come to it: a loop that hangs never does.
    func answer() {}

    /// What the hub tells of itself; `nil` before there is one.
    func status() -> (server: ServerStatus, databases: [String: DatabaseStatus], standings: [FollowerStanding])? {
        hub.map { ($0.serverStatus, $0.databaseStatuses, $0.standings) }
    }
}

extension ServerAddress {
    fileprivate init(_ source: SourceSettings) {
        self.init(url: source.url, caFile: source.caFile) {
            switch try source.credentials() {
            case .none: .none
            case .basic(let username, let password): .basic(user: username, password: password.reveal)
            case .bearer(let token): .bearer(token: token.reveal)
            }
        }
    }
}

extension HubOptions {
    fileprivate init(_ source: SourceSettings) {
        self.init(
            selects: { source.databases.matches($0) },
            names: source.databases.literalNames,
            hasGlobs: source.databases.hasGlobs,
            heartbeat: source.heartbeat,
            rescan: source.rescan
        )
    }
}
