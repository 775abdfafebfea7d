import Settings
import TestSupport
import Testing

@testable import HeraldService

@Suite("Reading a configuration again")
struct ConfigurationSourceTests {
    @Test("What is being written is read when it is whole: a file that was emptied for it is no configuration")
    func waits() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("h.ini", "[update_notification]\na = cat\n")
        let source = ConfigurationSource(paths: [path], environment: [:])
        for round in 0..<3 {
            let emptied = ContinuousClock.now
            try folder.write("h.ini", "")
            async let settings = source.load()
            // As long as an editor on a slow disk may take between emptying a file and filling it.
            try await Task.sleep(for: .milliseconds(300))
            try folder.write("h.ini", "[update_notification]\na = cat \(round)\n")
            let pause = ContinuousClock.now - emptied
            let commands = try await settings.notifiers.map(\.command)
            // On a machine that stood still so long the file was at rest meanwhile.
            if pause < .milliseconds(900) { #expect(commands == ["cat \(round)"]) }
        }
    }

    @Test("What is at rest is read at once, and its faults are told")
    func rests() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("h.ini", "[update_notification]\na = cat\n[notifier:a]\ndetail = all\n")
        let source = ConfigurationSource(paths: [path], environment: [:])
        await #expect(throws: Faults.self) { try await source.load() }
        await #expect(throws: Faults.self) { try await source.load() }
    }
}
