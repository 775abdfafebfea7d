import Glibc
import Testing

@testable import Settings

@Suite("Loading files")
final class LoadingTests {
    private let folder: String

    init() throws {
        var template = Array("/tmp/herald-settings-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        _ = try? remove(folder)
    }

    private func remove(_ path: String) throws {
        if let stream = opendir(path) {
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { try remove("\(path)/\(name)") }
            }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    @discardableResult
    private func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
        let path = "\(folder)/\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count)
        return path
    }

    private func faults(_ paths: [String]) -> [String] {
        do throws(Faults) {
            _ = try HeraldSettings.load(paths: paths, environment: [:])
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }

    @Test("a folder stands for its *.ini in name order, hidden ones and folders left out")
    func folderOrder() throws {
        try write("b.ini", "[update_notification]\nx = b")
        try write("a.ini", "[update_notification]\nx = a\ny = a")
        try write(".c.ini", "[update_notification]\nx = c")
        try write("d.ini.bak", "[update_notification]\nx = d")
        mkdir("\(folder)/e.ini", 0o700)
        let settings = try HeraldSettings.load(paths: [folder + "/"], environment: [:])
        #expect(settings.files == ["\(folder)/a.ini", "\(folder)/b.ini"])
        #expect(settings.notifiers.map(\.command) == ["b", "a"])
        #expect(settings.notifiers.map(\.workingDirectory) == [folder, folder])
    }

    @Test("a missing file, an empty name and an empty folder are told of")
    func missing() throws {
        let hint = "name the configuration with -c FILE_OR_FOLDER"
        #expect(
            faults(["\(folder)/no.ini", ""]) == [
                "\(folder)/no.ini: cannot be read: No such file or directory; \(hint)",
                ": cannot be read: No such file or directory; \(hint)",
            ]
        )
        let settings = try HeraldSettings.load(paths: [folder], environment: [:])
        #expect(settings.warnings.first?.message == "has no *.ini in it")
    }

    @Test("an unreadable file and a dead link in a folder are faults")
    func unreadable() throws {
        symlink("\(folder)/nowhere", "\(folder)/a.ini")
        #expect(faults([folder]).map { $0.hasPrefix("\(folder)/a.ini: cannot be read: ") } == [true])
        unlink("\(folder)/a.ini")
        try write("b.ini", "", mode: 0)
        if getuid() != 0 {
            #expect(faults(["\(folder)/b.ini"]).map { $0.contains("cannot be read: Permission denied") } == [true])
        }
    }

    @Test("a file without end and a program are no configuration")
    func binary() {
        #expect(faults(["/dev/zero"]) == ["/dev/zero: is larger than 16384 kB; make it a text that this user may read"])
        #expect(faults(["/bin/sh"]).map { $0.contains("is no configuration file") } == [true])
    }

    @Test("a secret is the file's content less one newline")
    func secrets() throws {
        #expect(try readSecret(try write("a", "s p\n")) == "s p")
        #expect(try readSecret(try write("a", "s\r\n")) == "s")
        #expect(try readSecret(try write("a", "s ")) == "s ")
        let bad = ["", "\n", "s\n\n", "a\nb", "\0", "\u{7f}", String(repeating: "x", count: 70_000)]
        for content in bad {
            let path = try write("a", content)
            #expect(throws: Fault.self) { try readSecret(path) }
        }
        #expect(throws: Fault.self) { try readSecret(folder) }
        #expect(throws: Fault.self) { try readSecret("/dev/zero") }
        #expect(throws: Fault.self) { try readSecret("\(folder)/no") }
    }

    @Test("a password file is read anew at each login")
    func rotating() throws {
        let path = try write("token", "one\n")
        let ini = try write("a.ini", "[source]\nurl = http://h\ntoken_file = ./token")
        let source = try HeraldSettings.load(paths: [ini], environment: [:]).source
        #expect(source.tokenFile == path)
        #expect(try source.credentials() == .bearer(Secret("one")))
        try write("token", "two\n")
        #expect(try source.credentials() == .bearer(Secret("two")))
        unlink(path)
        #expect(throws: Fault.self) { try source.credentials() }
    }

    @Test(
        "paths become absolute, from the folder that they start in",
        arguments: [
            ("a", "/f/a"), ("./a", "/f/a"), (".//a", "/f/a"), ("../a", "/f/../a"), ("/a", "/a"), (".", "/f"),
            ("./", "/f"),
        ]
    )
    func absolutePaths(path: String, expected: String) {
        #expect(absolute(path, from: "/f") == expected)
        #expect(absolute("a", from: "/") == "/a")
    }
}
