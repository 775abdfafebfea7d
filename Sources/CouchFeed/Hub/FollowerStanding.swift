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
        var away = followers.map { _ in (detached: 0, served: 0) }
        for database in databases.values {
            for seat in database.seats {
                switch seat.state {
                case .detached: away[seat.index].detached += 1
                case .catchingUp: away[seat.index].served += 1
                case .attached, .waiting: break
                }
            }
        }
        return followers.enumerated().map { index, follower in
            let (detached, served) = away[index]
            let counts = catchUps.filter { $0.serves(follower: index) }.compactMap(\.pending)
            return FollowerStanding(
                name: follower.name,
                state: served > 0 ? .catchingUp : detached > 0 ? .behind : .live,
                databases: detached + served,
                pending: counts.isEmpty ? nil : counts.reduce(0, +)
            )
        }
    }
}
