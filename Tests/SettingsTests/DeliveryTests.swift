import Testing

@testable import Settings

@Suite("How a notifier is told")
struct DeliveryTests {
    private static let head = "[source]\nurl=http://h\n[update_notification]\nx=cat\n[notifier:x]\n"

    private func notifier(_ options: String) throws -> NotifierSettings {
        let settings = try interpret(Self.head + options)
        #expect(settings.warnings.isEmpty)
        return try #require(settings.notifiers.first)
    }

    @Test("confirm alone gives a window of 1000, a minute for an answer, and 10 attempts")
    func confirm() throws {
        let confirmation = try #require(try notifier("confirm = yes").confirmation)
        #expect(confirmation.window == 1000)
        #expect(confirmation.timeout == .seconds(60))
        #expect(confirmation.attempts == 10)
        #expect(!confirmation.greets)
    }

    @Test("omprog greets, and has a window of 1 that can be set")
    func omprog() throws {
        let confirmation = try #require(try notifier("confirm = omprog").confirmation)
        #expect(confirmation.greets)
        #expect(confirmation.window == 1)
        #expect(confirmation.attempts == 10)
        #expect(try notifier("confirm = omprog\nwindow = 5").confirmation?.window == 5)
    }

    @Test("confirm = no switches the rest off, and is no fault")
    func switchedOff() throws {
        #expect(try notifier("confirm = no\nwindow = 5\nconfirm_timeout = 1s\nattempts = 3").confirmation == nil)
    }

    @Test("what a document or a confirmation makes of the default merge is told, and no fault")
    func withoutEffect() throws {
        let note = "when_behind, without effect: it gets every line"
        #expect(try interpret(Self.head + "detail = doc").summary().contains(note))
        #expect(try interpret(Self.head + "confirm = yes\nmerge = when_behind").summary().contains(note))
        #expect(try !interpret(Self.head + "detail = none").summary().contains(note))
    }

    @Test("the summary tells of the confirmation and of what is held back")
    func summary() throws {
        let summary = try interpret(
            Self.head + "confirm = omprog\nattempts = unlimited\nmerge = 1.5s\nmerge_at = 7\nsince = 0\noutbox = 65536B"
        ).summary()
        #expect(
            summary.hasSuffix(
                """
                  since              0
                  detail             none
                  confirm            omprog
                  window             1
                  confirm_timeout    1m
                  attempts           unlimited
                  merge              1500ms, merge_at 7
                  outbox             65536B
                  stop_timeout       5s
                  environment        the service's own
                  working_directory  /etc/herald

                """
            )
        )
    }

    @Test(
        "a bad value is told with its line and what to do",
        arguments: [
            ("since = -1", "6: since: '-1' is not known; choose one of: now, 0"),
            ("detail = docs", "6: detail: 'docs' is not known; did you mean 'doc'?"),
            ("confirm = maybe", "6: confirm: 'maybe' is not known; choose one of: yes, no, omprog"),
            ("confirm = yes\nwindow = 0", "7: window: '0' is out of range; choose a number of 1 to 1000000"),
            ("confirm = yes\nwindow = 1k", "7: window: '1k' is no whole number; choose a number of 1 to 1000000"),
            (
                "confirm = yes\nattempts = forever",
                "7: attempts: 'forever' is no whole number; choose a number of 1 to 1000000, or unlimited"
            ),
            (
                "confirm = yes\nattempts = 99999999999999999999",
                "7: attempts: '99999999999999999999' is out of range; choose a number of 1 to 1000000, or unlimited"
            ),
            (
                "confirm = yes\nconfirm_timeout = 2d",
                "7: confirm_timeout: '2d' is out of range; choose a duration of 10ms to 1d"
            ),
            ("window = 5", "6: window has no effect without confirm = yes; add confirm = yes, or remove it"),
            ("attempts = 5", "6: attempts has no effect without confirm = yes; add confirm = yes, or remove it"),
            (
                "confirm_timeout = 5s",
                "6: confirm_timeout has no effect without confirm = yes; add confirm = yes, or remove it"
            ),
            ("merge = nevr", "6: merge: 'nevr' is not known; did you mean 'never'?"),
            ("merge = 2h", "6: merge: '2h' is out of range; choose a duration of 1ms to 1h"),
            (
                "merge = 500",
                "6: merge: '500' has no unit; write ms, s, m, h or d behind the number, as in merge = 500ms"
            ),
            (
                "merge = never\nmerge_at = 5",
                "7: merge_at has no effect without a duration in merge; write a duration there, as in merge = 500ms, or remove it"
            ),
            (
                "merge_at = 5",
                "6: merge_at has no effect without a duration in merge; write a duration there, as in merge = 500ms, or remove it"
            ),
            (
                "merge = 1s\ndetail = change",
                "6: merge: lines with detail = change cannot be merged; remove merge, or remove detail"
            ),
            ("outbox = 4", "6: outbox: '4' has no unit; write B, kB, MB or GB behind the number, as in outbox = 4MB"),
            ("outbox = 1kB", "6: outbox: '1kB' is out of range; choose a size of 64kB to 1GB"),
            ("outbox = big", "6: outbox: 'big' is no size; write a number and B, kB, MB or GB, as in outbox = 4MB"),
        ]
    )
    func faulty(options: String, expected: String) {
        #expect(faults(Self.head + options) == ["a.ini:" + expected])
    }

    @Test("one mistake is one fault: what depends on a bad value is not told of too")
    func noEcho() {
        #expect(faults(Self.head + "confirm = yess\nwindow = 5").count == 1)
        #expect(faults(Self.head + "merge = soon\nmerge_at = 5").count == 1)
    }
}

@Suite("The store")
struct StoreSettingsTests {
    private let systemd = ["STATE_DIRECTORY": "/var/lib/herald:/var/lib/other"]

    @Test("it stands beside the first file, unless the environment or a key says otherwise; the key wins")
    func folder() throws {
        #expect(try interpret("", "[herald]\n").store.folder == "/etc/herald/herald-state")
        #expect(try interpret("", environment: systemd).store.folder == "/var/lib/herald")
        #expect(try interpret("", environment: ["STATE_DIRECTORY": ""]).store.folder == "/etc/herald/herald-state")
        let key = "[herald]\nstate_dir = ./here"
        #expect(try interpret(key, environment: systemd).store.folder == "/etc/herald/here")
        #expect(try interpret("[herald]\nstate_dir = /srv/s").store.folder == "/srv/s")
    }

    @Test("a relative path starts from the file in which it stands")
    func relative() throws {
        let texts = [("a.ini", "/one", ""), ("b.ini", "/two", "[herald]\nstate_dir = s")].map {
            ConfigurationText(file: $0.0, folder: $0.1, bytes: Array($0.2.utf8))
        }
        #expect(try HeraldSettings.interpret(texts, environment: [:], files: files()).store.folder == "/two/s")
        #expect(
            try HeraldSettings.interpret([texts[0]], environment: [:], files: files()).store.folder
                == "/one/herald-state"
        )
    }

    @Test("what is no folder is a fault, whoever named it")
    func noFolder() {
        let key = "[herald]\nstate_dir = s"
        #expect(
            faults(key, files: files(["/etc/herald/s": ""])) == [
                "a.ini:2: state_dir: /etc/herald/s is no folder; name a folder; "
                    + "relative paths start from the folder of the file in which they stand"
            ]
        )
        #expect(
            faults("", files: files(["/etc/herald/herald-state": ""])) == [
                "a.ini: /etc/herald/herald-state is no folder; move it away, or set state_dir in [herald]"
            ]
        )
        #expect(
            faults("", environment: systemd, files: files(["/var/lib/herald": ""])) == [
                "STATE_DIRECTORY: /var/lib/herald is no folder; set it to a folder, or set state_dir in [herald]"
            ]
        )
        #expect(
            faults("", environment: ["STATE_DIRECTORY": "herald"]) == [
                "STATE_DIRECTORY: 'herald' is no absolute path; "
                    + "set it to one, or set state_dir in [herald], which wins over it"
            ]
        )
    }
}
