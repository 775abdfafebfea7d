import Status

/// The status as metrics for Prometheus. Names and labels are stable; the README's table lists them all:
///
/// `herald_up`, `herald_build_info{version}`, `herald_uptime_seconds`, `herald_configuration_faults`,
/// `herald_reloads_total`, `herald_problems`, `herald_server_up`, `herald_server_bell`, `herald_databases`;
/// `herald_changes_total`, `herald_feed_reconnects_total`, `herald_feed_open` `{database}`;
/// `herald_notifier_up`, `herald_notifier_restarts_total`, `herald_notifier_lines_total`,
/// `herald_notifier_merged_total`, `herald_notifier_lag_seconds`, `herald_notifier_waiting_bytes`,
/// `herald_notifier_unconfirmed`, `herald_notifier_dead_letters` `{notifier}`,
/// `herald_notifier_delivery{notifier,delivery}`; `herald_daemon_up`, `herald_daemon_halted`,
/// `herald_daemon_restarts_total`, `herald_daemon_failures` `{daemon}`; `herald_store_bytes`, `herald_store_errors`,
/// `herald_store_last_save_timestamp_seconds`.
enum Metrics {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Which databases, notifiers and daemons have series of their own.
    struct Books: Sendable {
        var databases = LabelBook(limit: 1000)
        var notifiers = LabelBook(limit: 200)
        var daemons = LabelBook(limit: 200)
    }

    static func text(_ report: StatusReport, _ books: inout Books) -> String {
        var exposition = Exposition()
        addHerald(report, to: &exposition)
        addDatabases(report.databases, &books.databases, to: &exposition)
        addNotifiers(report.notifiers, &books.notifiers, to: &exposition)
        addDaemons(report.daemons, &books.daemons, to: &exposition)
        addStore(report.store, to: &exposition)
        return exposition.text
    }

    private static func addHerald(_ report: StatusReport, to exposition: inout Exposition) {
        let herald = report.herald
        let problems = report.problems
        let isUp = !problems.contains(where: \.isDown)
        exposition.add("herald_up", .gauge, "1 where GET /_up says ok, 0 where it says down.", isUp.number)
        exposition.add(
            "herald_build_info",
            .gauge,
            "Always 1; which version runs.",
            [(["version": herald.version], 1)]
        )
        exposition.add("herald_uptime_seconds", .gauge, "For how long Herald has been running.", herald.uptime)
        exposition.add(
            "herald_configuration_faults",
            .gauge,
            "Faults of the files as they are now; where there are any, an older configuration is in force.",
            Double(herald.configuration.faults.count)
        )
        exposition.add(
            "herald_reloads_total",
            .counter,
            "How many times a changed configuration has come into force.",
            Double(herald.configuration.reloads)
        )
        exposition.add(
            "herald_problems",
            .gauge,
            "How many things herald status complains about.",
            Double(problems.count)
        )
        exposition.add(
            "herald_server_up",
            .gauge,
            "1 while the server answers and lets Herald in.",
            (report.server.state == .reachable).number
        )
        exposition.add(
            "herald_server_bell",
            .gauge,
            "1 while _db_updates tells of databases that are made and deleted.",
            (report.server.bell == .rings).number
        )
        exposition.add("herald_databases", .gauge, "How many databases are followed.", Double(report.databases.count))
    }

    private static func addDatabases(
        _ databases: [String: DatabaseStatus],
        _ book: inout LabelBook,
        to exposition: inout Exposition
    ) {
        let family = Family("database", databases, &book) { [$0.changes, $0.reconnects] }
        family.counter(0, "herald_changes_total", "Changes read since the start; repeated ones count.", &exposition)
        family.counter(1, "herald_feed_reconnects_total", "How many times the feed was opened again.", &exposition)
        family.gauge("herald_feed_open", "1 while the feed is open.", &exposition) {
            ($0.feed == .open || $0.feed == .paused).number
        }
    }

    private static func addNotifiers(
        _ notifiers: [String: NotifierStatus],
        _ book: inout LabelBook,
        to exposition: inout Exposition
    ) {
        let family = Family("notifier", notifiers, &book) { [UInt64($0.process.restarts), $0.lines, $0.merged] }
        family.gauge("herald_notifier_up", "1 while its process runs.", &exposition) {
            ($0.process.state == .running).number
        }
        family.counter(0, "herald_notifier_restarts_total", "How many times it was started again.", &exposition)
        family.counter(1, "herald_notifier_lines_total", "Lines delivered since the start.", &exposition)
        family.counter(2, "herald_notifier_merged_total", "Notices that were merged into others.", &exposition)
        family.gauge(
            "herald_notifier_lag_seconds",
            "For how long the first line waits that is not delivered.",
            &exposition,
            joined: max
        ) { $0.lag }
        family.gauge("herald_notifier_waiting_bytes", "What waits for it in memory.", &exposition) {
            Double($0.waitingBytes)
        }
        family.gauge("herald_notifier_unconfirmed", "Lines given to it and not confirmed yet.", &exposition) {
            $0.unconfirmed.map(Double.init)
        }
        family.gauge("herald_notifier_dead_letters", "How many of its lines are dead letters.", &exposition) {
            Double($0.deadLetters)
        }
        family.addDelivery(to: &exposition)
    }

    private static func addDaemons(
        _ daemons: [String: DaemonStatus],
        _ book: inout LabelBook,
        to exposition: inout Exposition
    ) {
        let family = Family("daemon", daemons, &book) { [UInt64($0.process.restarts)] }
        family.gauge("herald_daemon_up", "1 while its process runs.", &exposition) {
            ($0.process.state == .running).number
        }
        family.gauge("herald_daemon_halted", "1 where it died too often and is left alone.", &exposition) {
            ($0.process.state == .halted).number
        }
        family.counter(0, "herald_daemon_restarts_total", "How many times it was started again.", &exposition)
        family.gauge("herald_daemon_failures", "Failures within the last retry_time.", &exposition) {
            Double($0.failures)
        }
    }

    private static func addStore(_ store: StoreStatus, to exposition: inout Exposition) {
        exposition.add("herald_store_bytes", .gauge, "What the store's files take.", Double(store.size))
        exposition.add(
            "herald_store_errors",
            .gauge,
            "1 while nothing can be saved in the store, or it was removed.",
            (store.lastError != nil || !store.isInPlace).number
        )
        if let saved = store.lastSave.flatMap(Timestamp.seconds) {
            exposition.add(
                "herald_store_last_save_timestamp_seconds",
                .gauge,
                "When something was last saved, in seconds since 1970.",
                saved
            )
        }
    }
}

extension Bool {
    fileprivate var number: Double { self ? 1 : 0 }
}
