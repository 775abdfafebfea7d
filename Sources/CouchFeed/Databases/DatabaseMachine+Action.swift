extension DatabaseMachine {
    /// What is to be done next.
    enum Action: Equatable {
        /// Ask for the database with `GET /db`, or with many at once.
        case ask
        /// It is gone, or another than it was: see whether this is still the same server.
        case confirmServer
        case open(since: Seq)
        /// The rows of the open feed may be taken: they are this life's.
        case flow
        case close
        /// Call ``DatabaseMachine/waitIsOver()`` after this long.
        case wait(Duration)
        /// It was not there, or not looked for, and is. Say where its feed begins with ``DatabaseMachine/begins(at:as:)``.
        case appeared(Instance, updateSeq: Seq)
        /// It is the life that it was, which has a name by now.
        case adopt(Instance)
        /// Another life of it is there, read from its beginning; who was told otherwise is to be told.
        case present(Instance)
        case gone
        /// There was none at the first look.
        case absent
        /// It is to be read again from its beginning, because the server refuses the position.
        case startOver
        /// It cannot be read by this user; for the log, once.
        case refused(Refusal)
        /// It has not been readable for some time; for the log, once.
        case inTrouble(why: String, failures: Int)
        /// It can be read again; for the log, after either.
        case recovered
    }
}
