import TestSupport
import Testing

@Suite("Acting on the service")
struct ActingTests {
    @Test("start, stop and restart ask for what their name says, and tell it", arguments: ["start", "stop", "restart"])
    func acts(command: String) async throws {
        let service = try StubService()
        try await service.answer(#"{"ok":true}"#)
        let ended = try await service.herald(command, "notifier:a b")
        #expect(ended.exit == .status(0) && ended.stderr.isEmpty)
        #expect(ended.stdout.count == 1 && ended.stdout[0].hasPrefix("notifier:a b: "))
        #expect(service.requests.map { "\($0.method) \($0.target)" } == ["POST /_\(command)/notifier%3Aa%20b"])
    }

    @Test("What the service refuses is told with its reason, exit 1", arguments: [400, 404, 409, 500])
    func refused(status: Int) async throws {
        let service = try StubService()
        try await service.answer(status: status, #"{"error":"e","reason":"no 'b'; did you mean a?\u001b[2J"}"#)
        let ended = try await service.herald("start", "b")
        #expect(ended.exit == .status(1) && ended.stdout.isEmpty)
        #expect(ended.stderr == [#"no 'b'; did you mean a?\u001B[2J"#])
    }

    @Test("An answer that is not Herald's is told, exit 69")
    func strange() async throws {
        let service = try StubService()
        try await service.answer(status: 502, "<html>")
        let ended = try await service.herald("start", "b")
        #expect(ended.exit == .status(69) && ended.stderr.count == 1)
        #expect(ended.stderr[0].hasPrefix("what answers at \(service.socket) says HTTP 502; is "))
    }

    @Test("reload shows what has changed, and warnings on stderr")
    func reload() async throws {
        let service = try StubService()
        let changes = #""notifier a: replaced","log_level: debug""#
        try await service.answer(#"{"changes":[\#(changes)],"warnings":["w:1: odd; mend"]}"#)
        let ended = try await service.herald("reload")
        #expect(ended.exit == .status(0))
        #expect(ended.stdout == ["notifier a: replaced", "log_level: debug"] && ended.stderr == ["w:1: odd; mend"])
        #expect(service.requests.map { "\($0.method) \($0.target)" } == ["POST /_reload"])
    }

    @Test("A reload that changes nothing says so")
    func reloadOfNothing() async throws {
        let service = try StubService()
        try await service.answer(#"{"changes":[],"warnings":[]}"#)
        let ended = try await service.herald("reload")
        #expect(ended.exit == .status(0) && ended.stdout == ["nothing has changed"])
    }

    @Test("Faults that a reload finds are shown, a line each, exit 78")
    func reloadWithFaults() async throws {
        let service = try StubService()
        try await service.answer(
            status: 422,
            #"{"error":"faults","reason":"2 faults","faults":["n.ini:1: a; b","n.ini:2: c; d"]}"#
        )
        let ended = try await service.herald("reload")
        #expect(ended.exit == .status(78) && ended.stdout.isEmpty)
        #expect(ended.stderr == ["n.ini:1: a; b", "n.ini:2: c; d"])
    }
}
