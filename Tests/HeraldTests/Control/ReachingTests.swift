import Glibc
import TestSupport
import Testing

@testable import herald

@Suite("Reaching the service")
struct ReachingTests {
    private static let commands = [["status"], ["reload"], ["start", "a"], ["stop", "a"], ["restart", "a"]]

    @Test("Where no service runs, each command says so with a hint, exit 69", arguments: commands)
    func noSocket(command: [String]) async throws {
        let service = try StubService()
        let ended = try await Ended(command + ["-c", service.configuration])
        #expect(ended.exit == .status(69) && ended.stdout.isEmpty)
        #expect(ended.stderr.count == 1)
        let message = "no herald runs here: there is no \(service.socket); start it with 'herald run'"
        #expect(ended.stderr[0].hasPrefix(message))
        #expect(ended.stderr[0].contains("--state-dir FOLDER"))
    }

    @Test("A socket that a killed service has left is told from none")
    func stale() async throws {
        let service = try StubService()
        do { _ = try DatagramSocket(service.socket) }
        let ended = try await service.herald("status")
        #expect(ended.exit == .status(69) && ended.stdout.isEmpty)
        #expect(ended.stderr.count == 1)
        #expect(ended.stderr[0].hasPrefix("no herald runs here: nobody listens at \(service.socket) any more; "))
    }

    @Test("A service that does not answer is given up after 5 s, with a hint, exit 69")
    func silent() async throws {
        let service = try StubService()
        try await service.answer { _ in .silence }
        let ended = try await service.herald("status")
        #expect(ended.exit == .status(69) && ended.stdout.isEmpty)
        #expect(ended.stderr.count == 1)
        #expect(ended.stderr[0].hasPrefix("herald does not answer within 5 s at \(service.socket); its log may tell"))
    }

    @Test("A service that goes away in mid-answer is told, exit 69")
    func hangsUp() async throws {
        let service = try StubService()
        try await service.answer { _ in .hangUp }
        let ended = try await service.herald("stop", "a")
        #expect(ended.exit == .status(69) && ended.stderr.count == 1)
        #expect(ended.stderr[0].hasPrefix("herald went away while it was asked at \(service.socket); "))
    }

    @Test("A state_dir whose socket has too long a path is told with the limit, exit 69")
    func tooLong() async throws {
        let folder = "/" + String(repeating: "x", count: 100)
        let ended = try await Ended(["status", "--state-dir", folder])
        #expect(ended.exit == .status(69) && ended.stderr.count == 1)
        #expect(ended.stderr[0].contains("114 bytes") && ended.stderr[0].contains("107 at the most"))
        #expect(ended.stderr[0].contains("; set a shorter state_dir"))
    }

    @Test("--state-dir finds the service without any configuration")
    func stateFolder() async throws {
        let service = try StubService()
        try await service.answer(Reports.allWell)
        for folder in [service.stateFolder, service.stateFolder + "/"] {
            let ended = try await Ended(["status", "--state-dir", folder], workingDirectory: "/")
            #expect(ended.exit == .status(0) && ended.stderr.isEmpty)
        }
    }

    @Test("A configuration that has faults at the moment keeps nobody from seeing the service, and is told")
    func faults() async throws {
        let service = try StubService()
        try await service.answer(Reports.allWell)
        let folder = service.folder
        let broken = "[source\n[update_notification]\na = \"cat\n"
        let place = service.stateFolder
        let found = "the configuration has faults ('herald check' shows them); looking for herald in \(place)"
        try folder.write("notifiers.ini", "[herald]\nstate_dir = ./state\nlog_level = loud\n\(broken)")
        let named = try await service.herald("status")
        #expect(named.exit == .status(0) && named.stderr == [found] && !named.stdout.isEmpty)

        // The last layer wins, from its own folder; what systemd says counts where no key is set.
        try folder.write("notifiers.ini", "[herald]\nstate_dir = elsewhere\n\(broken)")
        try folder.makeFolder("conf.d")
        try folder.write("conf.d/2.ini", "[herald]\nstate_dir = ../state\n")
        try folder.write("conf.d/1.ini", "[herald]\nstate_dir = /nowhere\n")
        try folder.write("conf.d/.3.ini", "[herald]\nstate_dir = /nowhere\n")
        let layered = try await service.herald("status", "-c", folder.path("conf.d"))
        #expect(layered.exit == .status(69))
        let both = try await Ended(["status", "-c", service.configuration, "-c", folder.path("conf.d")])
        #expect(both.exit == .status(0))
        try folder.write("notifiers.ini", broken)
        let systemd = try await service.herald("status", environment: ["STATE_DIRECTORY": "\(place):/other"])
        #expect(systemd.exit == .status(0) && systemd.stderr == [found])
        let usual = try await service.herald("status")
        #expect(usual.exit == .status(69) && usual.stderr.count == 2)
        #expect(usual.stderr[1].contains("there is no \(folder.path("herald-state/control.sock"));"))
    }

    @Test("Where there is no configuration to find it by, its faults are shown, exit 78")
    func noConfiguration() async throws {
        let folder = try TemporaryFolder()
        let ended = try await Ended(["status"], workingDirectory: folder.path)
        #expect(ended.exit == .status(78) && ended.stdout.isEmpty && ended.stderr.count == 2)
        #expect(ended.stderr[0].hasPrefix("notifiers.ini: cannot be read: "))
        #expect(ended.stderr[1].contains("--state-dir FOLDER"))
    }

    @Test("Names are one segment of a path, whatever is in them")
    func names() {
        #expect(ControlClient.escaped("indexer-2_b~") == "indexer-2_b~")
        #expect(ControlClient.escaped("notifier:a/b ü") == "notifier%3Aa%2Fb%20%C3%BC")
        #expect(ControlClient.escaped("..") == "%2E%2E")
    }
}
