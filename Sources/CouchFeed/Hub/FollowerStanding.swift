import Curl

/// How far a follower is with what it is to be given.
public struct FollowerStanding: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        /// It is given what the feeds give.
        case live
        /// It has no room, or waits for its turn to catch up.
        case behind
        /// It is served by readers of its own, until it is live again.
        case catchingUp
    }

    public var name: String
    public var state: State
    /// How many databases it is to catch up with.
    public var databases: Int
    /// How many changes it has not been given in those that it is being served from, as the server counted them last;
    /// `nil` where it counted none.
    public var pending: Int?
}

extension Hub {
    /// How far each follower is, in the order of the followers.
    public var standings: [FollowerStanding] {
        // All in one round: there may be thousands of databases.
        var away: [ObjectIdentifier: (detached: Int, served: Int)] = [:]
        for database in databases.values {
            for seat in database.seats {
                let id = ObjectIdentifier(seat.record)
                switch seat.state {
                case .detached: away[id, default: (0, 0)].detached += 1
                case .catchingUp: away[id, default: (0, 0)].served += 1
                case .attached, .waiting: break
                }
            }
        }
        return records.map { record in
            let (detached, served) = away[ObjectIdentifier(record)] ?? (0, 0)
            let counts = catchUps.filter { $0.serves(record) }.compactMap(\.pending)
            return FollowerStanding(
                name: record.name,
                state: served > 0 ? .catchingUp : detached > 0 ? .behind : .live,
                databases: detached + served,
                pending: counts.isEmpty ? nil : counts.reduce(0, +)
            )
        }
    }
}
