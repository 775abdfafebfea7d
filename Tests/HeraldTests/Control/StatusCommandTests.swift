import Status
import TestSupport
import Testing

@testable import herald

@Suite("herald status")
struct StatusCommandTests {
    @Test("It shows the table that the service's report makes, and exits with 0 where all is well")
    func table() async throws {
        let service = try StubService()
        try await service.answer(Reports.allWell)
        // A proxy in the environment is for the world outside.
        let proxy = ["http_proxy": "http://127.0.0.1:9", "no_proxy": ""]
        let status = try await service.herald("status", environment: proxy)
        #expect(status.exit == .status(0) && status.stderr.isEmpty)
        #expect(status.stdout == StatusTable(Reports.allWell, problems: [], width: 80).lines.map(\.text))
        #expect(service.requests.map { "\($0.method) \($0.target)" } == ["GET /_status"])
    }

    @Test("Where something is not well it exits with 1, and so does a NAME with which something is not well")
    func exitStatus() async throws {
        for report in [Reports.allWell, Reports.onFire] {
            let service = try StubService()
            try await service.answer(report)
            let problems = report.problems
            let all = try await service.herald("status")
            #expect(all.exit == .status(problems.isEmpty ? 0 : 1))
            #expect(all.stdout == StatusTable(report, problems: problems, width: 80).lines.map(\.text))
            for name in report.notifiers.keys {
                let isWell = !problems.contains { $0.subject == .notifier(name) }
                #expect(try await service.herald("status", "notifier:\(name)").exit == .status(isWell ? 0 : 1))
            }
        }
    }

    @Test("--json gives the report byte for byte as it came, or one entry of it")
    func json() async throws {
        let service = try StubService()
        let report = try StatusCoding.encode(Reports.allWell)
        try await service.answer(Reports.allWell)
        let whole = try await service.herald("status", "--json")
        #expect(whole.exit == .status(0) && whole.stdout == [String(decoding: report, as: UTF8.self)])
        let entry = try await service.herald("status", "--json", "relay")
        #expect(entry.exit == .status(0) && entry.stdout.count == 1)
        let bytes = Array(try #require(entry.stdout.first).utf8)
        #expect(try StatusCoding.decode(NotifierStatus.self, from: bytes) == Reports.allWell.notifiers["relay"])
    }

    @Test("A NAME shows all that is known of it")
    func detail() async throws {
        let service = try StubService()
        try await service.answer(Reports.allWell)
        for name in ["relay", "notifier:relay"] {
            let relay = try await service.herald("status", name)
            #expect(relay.exit == .status(0) && relay.stderr.isEmpty)
            #expect(
                relay.stdout.joined(separator: "\n") == """
                    notifier relay
                      state          running for 5s, process 4712
                      restarts       2
                      delivery       catching up
                      lag            3s
                      to catch up    1,200 changes
                      waiting        70 kB
                      lines          1,234,567
                      merged         0
                      unconfirmed    12
                      dead letters   0
                    """
            )
        }
        let daemon = try await service.herald("status", "replicator")
        #expect(
            daemon.stdout.joined(separator: "\n") == """
                daemon replicator
                  state          running for 2d 2h, process 4713
                  restarts       0
                  failures       0 within retry_time
                  registered for log, replicator/max
                """
        )
        let database = try await service.herald("status", "database:orders")
        #expect(
            database.stdout.joined(separator: "\n") == """
                database orders
                  feed           open
                  last row       3s ago (2026-11-21T11:59:57.000Z)
                  changes        815
                  reconnects     0
                """
        )
    }

    @Test("A NAME that several have shows all of them; for JSON one must be named")
    func ambiguous() async throws {
        let service = try StubService()
        try await service.answer(
            Reports.report { $0.daemons["orders"] = DaemonStatus(process: ProcessStatus(state: .running)) }
        )
        let both = try await service.herald("status", "orders")
        #expect(both.exit == .status(0))
        #expect(both.stdout.contains("daemon orders") && both.stdout.contains("database orders"))
        let json = try await service.herald("status", "--json", "orders")
        #expect(json.exit == .status(1) && json.stdout.isEmpty)
        #expect(json.stderr == ["'orders' is the name of 2 things; write daemon:orders or database:orders"])
        #expect(try await service.herald("status", "--json", "daemon:orders").exit == .status(0))
    }

    @Test(
        "A NAME that nobody has is told with a near miss, exit 1",
        arguments: [
            ("indxer", "did you mean indexer?"), ("notifier:indxer", "did you mean indexer?"),
            ("daemon:indexer", "did you mean indexer?"), ("zzzzzzzz", "'herald status' shows those that there are"),
            (":", "'herald status' shows those that there are"),
        ]
    )
    func unknown(name: String, hint: String) async throws {
        let service = try StubService()
        try await service.answer(Reports.allWell)
        let status = try await service.herald("status", name)
        #expect(status.exit == .status(1) && status.stdout.isEmpty)
        #expect(status.stderr == ["there is no notifier, daemon or database '\(name)'; \(hint)"])
    }

    @Test("What is not Herald's answer is told, with 69; --json shows it all the same")
    func strange() async throws {
        let service = try StubService()
        try await service.answer(#"{"herald":"of another kind"}"#)
        for arguments in [["status"], ["status", "--json"]] {
            let status = try await Ended(arguments + ["-c", service.configuration])
            #expect(status.exit == .status(69))
            #expect(status.stdout == (arguments.count == 1 ? [] : [#"{"herald":"of another kind"}"#]))
            #expect(status.stderr.count == 1 && status.stderr[0].contains("cannot be understood; is the service of"))
        }
    }
}
