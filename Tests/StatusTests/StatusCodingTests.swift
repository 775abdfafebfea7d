import Status
import Testing

@Suite("Status as JSON")
struct StatusCodingTests {
    private static let report = StatusReport(
        herald: HeraldStatus(
            version: "1.0.0",
            pid: 7,
            started: "2026-11-21T10:00:00.000Z",
            uptime: 1.5,
            configuration: ConfigurationStatus(files: ["a/b.ini"], loaded: "2026-11-21T10:00:00.000Z")
        ),
        server: ServerStatus(url: "http://127.0.0.1:5984"),
        databases: ["myDb_x": DatabaseStatus(feed: .open, changes: 3)],
        notifiers: [
            "warmUp": NotifierStatus(process: ProcessStatus(state: .running, pid: 8, starts: 1), delivery: .catchingUp)
        ],
        daemons: ["d": DaemonStatus(process: ProcessStatus(state: .halted), registrations: ["s/k"])],
        store: StoreStatus(folder: "/var/lib/herald", size: 4096, lastError: Mishap("full", at: "now"))
    )

    @Test("What is written is read again as it was, names of databases and processes untouched")
    func roundTrip() throws {
        let bytes = try StatusCoding.encode(Self.report)
        #expect(try StatusCoding.decode(StatusReport.self, from: bytes) == Self.report)
        let text = String(decoding: bytes, as: UTF8.self)
        for part in [#""myDb_x":"#, #""warmUp":"#, #""last_error":"#, #""catching_up""#, #"["a/b.ini"]"#] {
            #expect(text.contains(part))
        }
    }
}
