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

    /// How it is with each database, by name.
    public var databaseStatuses: [String: DatabaseStatus] {
        databases.mapValues { database in
            DatabaseStatus(
                feed: feedStatus(of: database),
                lastRow: database.tally.lastRow.map { Timestamp.ago(.now - $0) },
                reconnects: database.tally.openings > 0 ? database.tally.openings - 1 : 0,
                changes: database.tally.changes,
                lastError: database.tally.lastError.map(\.mishap)
            )
        }
    }

    private func feedStatus(of database: FollowedDatabase) -> DatabaseStatus.Feed {
        switch database.machine.connection {
        case .open: database.feed?.isPaused ?? false ? .paused : .open
        case .opening: .opening
        case .closed where database.machine.isResting: .waiting
        case .closed where database.machine.isPresent || !database.machine.hasLooked: .looking
        case .closed: .absent
        }
    }
}

extension TimedText {
    var mishap: Mishap { Mishap(text, at: Timestamp.ago(.now - time)) }
}
