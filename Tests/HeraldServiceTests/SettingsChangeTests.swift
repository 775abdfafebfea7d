import Settings
import TestSupport
import Testing

@testable import HeraldService

@Suite("What changes from one configuration to the next")
struct SettingsChangeTests {
    private static let base = """
        [herald]
        listen = 127.0.0.1:5986
        [source]
        url = http://127.0.0.1:5984
        [update_notification]
        a = cat
        b = cat
        [os_daemons]
        d = sleep 60
        """

    private static func load(_ folder: TemporaryFolder, _ text: String) throws -> HeraldSettings {
        try HeraldSettings.load(paths: [try folder.write("h.ini", text + "\n")], environment: [:])
    }

    private static func change(to text: String) throws -> SettingsChange {
        let folder = try TemporaryFolder()
        return SettingsChange(from: try load(folder, base), to: try load(folder, text))
    }

    @Test("Nothing changes where only comments and places do")
    func nothing() throws {
        let change = try Self.change(to: "; by hand\n\n" + Self.base.replacing("a = cat", with: "; the first\na = cat"))
        #expect(change.lines.isEmpty && change.faults.isEmpty)
    }

    @Test(
        "Each thing that changes has a line of its own",
        arguments: [
            ("b = cat", "b = cat\nc = cat", ["notifier c: added"]),
            ("b = cat\n", "", ["notifier b: removed"]),
            ("b = cat", "b = cat -u", ["notifier b: changed"]),
            ("b = cat\n", "c = cat\n", ["notifier b: removed", "notifier c: added"]),
            ("sleep 60", "sleep 61", ["daemon d: changed"]),
            ("[os_daemons]\nd = sleep 60", "", ["daemon d: removed"]),
            ("[os_daemons]", "[notifier:a]\ntypes = created\n[os_daemons]", ["notifier a: changed"]),
            ("[os_daemons]", "[os_daemon_settings]\nmax_retries = 9\n[os_daemons]", ["os_daemon_settings: changed"]),
            ("5984", "5985", ["source: changed; its feeds are opened again"]),
            ("[source]", "log_level = error\n[source]", ["log: level error, format text"]),
            ("[source]", "forget_after = 2d\n[source]", ["forget_after: changed"]),
            ("127.0.0.1:5986", "", ["listen: nowhere"]),
            ("127.0.0.1:5986", "127.0.0.1:5999", ["listen: 127.0.0.1:5999"]),
            ("[source]", "[mine]\nkey = value\n[source]", ["nothing that Herald itself reads"]),
        ]
    )
    func lines(old: String, new: String, lines: [String]) throws {
        let text = Self.base.replacing(old, with: new)
        try #require(text != Self.base)
        let change = try Self.change(to: text)
        #expect(change.lines == lines && change.faults.isEmpty)
    }

    @Test("Another state_dir is a fault, with its file and line and what to do")
    func stateFolder() throws {
        let change = try Self.change(to: Self.base.replacing("[source]", with: "state_dir = elsewhere\n[source]"))
        let fault = try #require(change.faults.first)
        #expect(change.faults.count == 1 && fault.line == 3 && fault.file.hasSuffix("h.ini"))
        #expect(fault.message.contains("state_dir cannot change") && !fault.hint.isEmpty)
    }

    @Test("No value is shown that could be a secret")
    func secrets() throws {
        let change = try Self.change(
            to: Self.base.replacing("[source]", with: "[source]\nusername = u\npassword = hush-hush")
        )
        #expect(change.lines == ["source: changed; its feeds are opened again"])
    }
}
