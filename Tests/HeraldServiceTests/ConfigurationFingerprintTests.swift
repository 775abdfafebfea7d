import Glibc
import Settings
import TestSupport
import Testing

@testable import HeraldService

@Suite("The fingerprint of the configuration's files")
struct ConfigurationFingerprintTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("a.ini", "[x]\na = 1\n")
        try folder.makeFolder("d")
        try folder.write("d/b.ini", "[x]\nb = 1\n")
    }

    private func now() -> ConfigurationFingerprint {
        ConfigurationFingerprint(paths: [folder.path("a.ini"), folder.path("d"), folder.path("late.ini")])
    }

    private func rename(_ old: String, _ new: String) throws {
        try #require(Glibc.rename(folder.path(old), folder.path(new)) == 0)
    }

    @Test("is the same while nothing happens, and while the files are read")
    func same() throws {
        let before = now()
        _ = try folder.read("a.ini")
        _ = try folder.read("d/b.ini")
        #expect(now() == before)
    }

    @Test("is the same whatever happens beside the configuration")
    func beside() throws {
        let before = now()
        try folder.write("other.ini", "")
        try folder.write("d/.b.ini.swp", "")
        try folder.write("d/.hidden.ini", "")
        try folder.write("d/b.ini~", "")
        #expect(now() == before)
    }

    @Test("is another one when a file is written in place with as many bytes", arguments: ["a.ini", "d/b.ini"])
    func rewritten(name: String) async throws {
        let before = now()
        // Two writes within one tick of the kernel's clock have the same times; the next one has others.
        try await eventually("another fingerprint") {
            try folder.write(name, "[x]\na = 2\n")
            return now() != before
        }
    }

    @Test("is another one when an editor replaces a file by one of the same content", arguments: ["a.ini", "d/b.ini"])
    func replaced(name: String) throws {
        let before = now()
        try folder.write("new", try folder.read(name))
        try rename("new", name)
        #expect(now() != before)
    }

    @Test("is another one when a folder gains, loses or renames an *.ini")
    func folders() throws {
        var seen = [now()]
        try folder.write("d/c.ini", "")
        seen.append(now())
        try rename("d/c.ini", "d/a.ini")
        seen.append(now())
        unlink(folder.path("d/a.ini"))
        unlink(folder.path("d/b.ini"))
        seen.append(now())
        for (earlier, later) in zip(seen, seen.dropFirst()) { #expect(earlier != later) }
    }

    @Test("is another one when a file that is named comes or goes")
    func comesAndGoes() throws {
        let before = now()
        try folder.write("late.ini", "")
        let there = now()
        #expect(there != before)
        unlink(folder.path("late.ini"))
        #expect(now() == before)
    }

    @Test("follows links, so that a ConfigMap whose folder is swapped is another one")
    func configMap() throws {
        // What Kubernetes makes: config/a.ini -> ..data/a.ini, ..data -> a folder with a date in its name.
        for version in ["v1", "v2"] {
            try folder.makeFolder(version)
            try folder.write("\(version)/a.ini", "[x]\n")
        }
        try folder.makeFolder("config")
        try #require(symlink("../v1", folder.path("config/..data")) == 0)
        try #require(symlink("..data/a.ini", folder.path("config/a.ini")) == 0)
        let named = [folder.path("config/a.ini")]
        let inFolder = [folder.path("config")]
        let before = (ConfigurationFingerprint(paths: named), ConfigurationFingerprint(paths: inFolder))
        try #require(symlink("../v2", folder.path("config/..new")) == 0)
        try rename("config/..new", "config/..data")
        #expect(ConfigurationFingerprint(paths: named) != before.0)
        #expect(ConfigurationFingerprint(paths: inFolder) != before.1)
    }

    @Test("names the files that the settings are read from")
    func sameFiles() throws {
        try folder.makeFolder("d/e.ini")
        let paths = [folder.path("d/"), folder.path("a.ini")]
        let files = HeraldSettings.filesToRead(paths: paths)
        #expect(files == [folder.path("d/"), folder.path("d/b.ini"), folder.path("d/e.ini"), folder.path("a.ini")])
        let read = try HeraldSettings.load(paths: paths, environment: [:]).files
        #expect(read == [folder.path("d/b.ini"), folder.path("a.ini")])
        #expect(HeraldSettings.filesToRead(paths: []) == ["notifiers.ini"])
    }

    @Test("a pipe counts as which one it is, not as what has gone through it")
    func pipe() throws {
        try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
        let paths = [folder.path("pipe")]
        let before = ConfigurationFingerprint(paths: paths)
        let descriptor = open(folder.path("pipe"), O_RDWR | O_CLOEXEC)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(write(descriptor, "x", 1) == 1)
        #expect(ConfigurationFingerprint(paths: paths) == before)
    }

    @Test("tells how long it takes until things are quiet; files from the future say nothing")
    func restlessness() {
        let time = ConfigurationFingerprint.Time(seconds: 1000, nanoseconds: 0)
        func file(_ seconds: Int, _ nanoseconds: Int, size: Int64 = 1) -> ConfigurationFingerprint.File {
            let changed = ConfigurationFingerprint.Time(seconds: seconds, nanoseconds: nanoseconds)
            let identity = ConfigurationFingerprint.Identity(device: 1, inode: 1)
            return .init(path: "f", stamp: .regular(identity, size: size, modified: changed, changed: changed))
        }
        func rest(_ files: ConfigurationFingerprint.File...) -> Duration {
            ConfigurationFingerprint(files: files).restlessness(at: time)
        }
        #expect(rest() == .zero)
        #expect(rest(file(999, 0)) == .zero)
        #expect(rest(file(999, 800_000_000)) == .zero)
        #expect(rest(file(999, 950_000_000), file(999, 0)) == .milliseconds(150))
        #expect(rest(file(1000, 0)) == .milliseconds(200))
        #expect(rest(file(2000, 0)) == .zero)
        #expect(rest(file(999, 200_000_000, size: 0)) == .milliseconds(200))
        #expect(rest(file(999, 0, size: 0)) == .zero)
        #expect(rest(.init(path: "g", stamp: .absent(error: 2))) == .zero)
    }
}
