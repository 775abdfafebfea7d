import Curl
public import Status

// How things are, for the status.

extension Hub {
    /// How it is with the server.
    public var serverStatus: ServerStatus {
        ServerStatus(
            url: address.url,
            state: condition,
            kind: server.info?.kind.description,
            version: server.info?.version,
            uuid: server.info?.uuid,
            bell: bellStatus,
            lastError: lastServerError.map(\.mishap)
        )
    }

    private var bellStatus: ServerStatus.Bell {
        bell.isConnected ? .rings : bellIsMissing ? .missing : .silent
    }

    /// How it is with each database, by name. One that is named is among them though there is none: it may be misspelt.
    public var databaseStatuses: [String: DatabaseStatus] {
        let named = options.names.filter { name in
            databases[name] == nil && options.selects(name) && followers.contains { $0.wants(database: name) }
        }
        let unknown = DatabaseStatus(feed: hasListed ? .absent : .looking)
        return databases.mapValues(status).merging(named.map { ($0, unknown) }) { known, _ in known }
    }

    private func status(of database: FollowedDatabase) -> DatabaseStatus {
        let tally = database.tally
        return DatabaseStatus(
            feed: feedStatus(of: database),
            lastRow: tally.lastRow.map { Timestamp.ago(.now - $0) },
            reconnects: tally.openings > 0 ? tally.openings - 1 : 0,
            changes: tally.changes,
            lastError: tally.lastError.map(\.mishap)
        )
    }

    private func feedStatus(of database: FollowedDatabase) -> DatabaseStatus.Feed {
        switch database.machine.connection {
        case .open: database.feed?.isPaused ?? false ? .paused : .open
        case .opening: .opening
        case .closed where database.machine.isResting: .waiting
        // Nothing is asked of a server that is away.
        case .closed where database.machine.isPresent && !server.isUp: .waiting
        case .closed where database.machine.isPresent || !database.machine.hasLooked: .looking
        case .closed: .absent
        }
    }
}

extension TimedText {
    var mishap: Mishap { Mishap(text, at: Timestamp.ago(.now - time)) }
}
