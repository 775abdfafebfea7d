extension ControlServer {
    /// How many clients the control interface takes, and how long it waits for whom. Tests bring their own.
    struct Limits: Sendable {
        /// How many connections each listener may have.
        var connections = 100
        /// After how long a connection is closed that asks nothing, does not finish asking, does not take what it asked
        /// for, or is not hung up by a client that was told all.
        var idle = Duration.seconds(60)
        /// How long a request that is under way may take when the service stops.
        var grace = Duration.seconds(1)
        /// How long it may take when its address is given up: it may be the very reload that gave it up.
        var longGrace = Duration.seconds(30)
        /// How long a stop waits for what is left when all connections are cut.
        var parting = Duration.seconds(1)
    }
}
