import Status

/// Reports for tests, all made at 2026-11-21T12:00:00Z.
enum Reports {
    static let wellNotifier = NotifierStatus(
        process: ProcessStatus(state: .running, pid: 4711, since: 180_000, starts: 1),
        lines: 12_345
    )
    static let wellDatabase = DatabaseStatus(feed: .open, lastRow: "2026-11-21T11:59:57.000Z", changes: 815)

    static func report(
        _ change: (inout StatusReport) -> Void = { _ in }
    ) -> StatusReport {
        var report = StatusReport(
            herald: HeraldStatus(
                version: "1.2.3",
                pid: 4242,
                started: "2026-11-19T10:00:00.000Z",
                uptime: 180_000,
                configuration: ConfigurationStatus(
                    files: ["/etc/herald/notifiers.ini", "/etc/herald/conf.d/10-more.ini"],
                    loaded: "2026-11-21T08:30:00.000Z",
                    reloads: 2
                )
            ),
            server: ServerStatus(
                url: "http://127.0.0.1:5984",
                state: .reachable,
                kind: "CouchDB",
                version: "3.5.0",
                uuid: "u",
                bell: .rings
            ),
            databases: ["orders": wellDatabase],
            notifiers: ["indexer": wellNotifier],
            store: StoreStatus(folder: "/var/lib/herald", size: 1_234_567, lastSave: "2026-11-21T11:59:59.600Z")
        )
        change(&report)
        return report
    }

    static let allWell = report { report in
        report.databases["invoices"] = DatabaseStatus(feed: .open, reconnects: 3)
        report.notifiers["relay"] = NotifierStatus(
            process: ProcessStatus(state: .running, pid: 4712, since: 5, starts: 3),
            delivery: .catchingUp,
            lag: 3,
            pending: 1200,
            waitingBytes: 70_000,
            lines: 1_234_567,
            unconfirmed: 12
        )
        report.daemons["replicator"] = DaemonStatus(
            process: ProcessStatus(state: .running, pid: 4713, since: 180_000, starts: 1),
            registrations: ["log", "replicator/max"]
        )
    }
}
