import Testing

@testable import Settings

@Suite("How Herald is reached")
struct ControlTests {
    private func control(_ texts: String..., files: FileView = files()) throws -> ControlSettings {
        switch texts.count {
        case 1: try interpret(texts[0], files: files).control
        default: try interpret(texts[0], texts[1], files: files).control
        }
    }

    @Test(
        "an address is taken in every form that it may have",
        arguments: [
            ("127.0.0.1:5986", "127.0.0.1:5986", true), ("127.1.2.3:1", "127.1.2.3:1", true),
            ("[::1]:5986", "[::1]:5986", true), ("[0:0::0:1]:5986", "[::1]:5986", true),
            ("[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1", true), ("LocalHost:65535", "localhost:65535", true),
            ("*:5986", "0.0.0.0:5986", false), ("0.0.0.0:0", "0.0.0.0:0", false), ("[::]:5986", "[::]:5986", false),
            ("192.168.1.2:80", "192.168.1.2:80", false), ("[FE80::A]:80", "[fe80::a]:80", false),
            ("[::ffff:10.0.0.1]:1", "[::ffff:10.0.0.1]:1", false), ("128.0.0.1:1", "128.0.0.1:1", false),
            ("127.0.0.1:05986", "127.0.0.1:5986", true),
        ]
    )
    func addresses(text: String, shown: String, isLoopback: Bool) throws {
        let listen = try #require(try control("[herald]\nlisten = \(text)").listen)
        #expect(listen.description == shown)
        #expect(listen.isLoopback == isLoopback)
        #expect(try ListenAddress(parsing: shown) == listen)
    }

    @Test("an IPv6 address has brackets where it is shown with its port, and none as a host")
    func hostWithoutBrackets() throws {
        let listen = try #require(try control("[herald]\nlisten = [::1]:7").listen)
        #expect(listen.host == "::1")
        #expect(listen.port == 7)
    }

    @Test(
        "what is no address is a fault that says what to write",
        arguments: [
            (
                "5986",
                "'5986' has no port; write it as in 127.0.0.1:5986, [::1]:5986 or *:5986; nothing behind '=' switches it off"
            ),
            (
                "off",
                "'off' has no port; write it as in 127.0.0.1:5986, [::1]:5986 or *:5986; nothing behind '=' switches it off"
            ),
            ("::1:5986", "'::1:5986' has an IPv6 address without brackets; write it as in [::1]:5986"),
            ("[::1]", "'[::1]' has no port; write it"),
            ("127.0.0.1:65536", "'65536' is no port; choose 1 to 65535, or 0 for any that is free"),
            ("127.0.0.1:", "'' is no port;"),
            ("127.0.0.1:+1", "'+1' is no port;"),
            (":5986", "'' is neither an IP address nor localhost nor '*'; write it"),
            ("couch.example:5986", "'couch.example' is neither an IP address nor localhost nor '*'; write it"),
            ("127.1:5986", "'127.1' is neither"),
            ("256.0.0.1:5986", "'256.0.0.1' is neither"),
            ("[::1]x:5986", "'[::1]x' is neither"),
            ("[127.0.0.1]:5986", "'[127.0.0.1]' is neither"),
            ("[fe80::1%eth0]:5986", "'[fe80::1%eth0]' is neither"),
            ("[::g]:5986", "'[::g]' is neither"),
            ("[]:1", "'[]' is neither"),
        ]
    )
    func faulty(text: String, fault: String) {
        let found = faults("[herald]\nlisten = \(text)")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("a.ini:2: listen: \(fault)") == true, "\(found)")
    }

    @Test("listen is off when it is empty where it stands last, and only then")
    func off() throws {
        #expect(try control("[herald]\nlisten =").listen == nil)
        #expect(try control("[herald]\nlisten = ; not now").listen == nil)
        #expect(try control("[herald]\nlisten = *:1\nlisten =").listen == nil)
        #expect(try control("[herald]\nlisten = *:1", "[herald]\nlisten =").listen == nil)
        #expect(try control("[herald]\nlisten =\nlisten = *:1").listen?.port == 1)
        #expect(try control("[herald]\nlisten =", "[herald]\nlisten = *:1").listen?.port == 1)
        #expect(try control("[herald]\nlisten =\n *:1").listen?.port == 1)
        #expect(try control("[herald]\n;listen =").listen == .standard)
        #expect(try control("[herald]\n[source]\nurl = http://h\n[other]\nlisten =").listen == .standard)
    }

    @Test("where listen stands is known for hints")
    func place() throws {
        #expect(try control("[herald]\n\nlisten = *:1").place.description == "a.ini:3")
        #expect(try control("[herald]\nlisten = *:1", "[herald]\nlisten = *:2").place.description == "b.ini:2")
        #expect(try control("[herald]", "").place.description == "b.ini")
    }

    @Test("a token file that is named must hold a token, and is warned of where others may read it")
    func tokenFile() throws {
        let text = "[source]\nurl=http://h\n[update_notification]\nx=cat\n[herald]\ntoken_file = t"
        #expect(try control(text, files: files(["/etc/herald/t": "s"])).tokenFile == "/etc/herald/t")
        #expect(try control("[herald]").tokenFile == nil)
        #expect(try interpret(text, files: files(["/etc/herald/t": "s"])).warnings.isEmpty)
        #expect(
            try interpret(text, files: files(["/etc/herald/t": "s"], mode: 0o644)).warnings.map(\.description) == [
                "a.ini:6: token_file: others than its owner may read /etc/herald/t; chmod 600 it"
            ]
        )
        #expect(
            faults(text) == [
                "a.ini:6: token_file: /etc/herald/t cannot be read: No such file or directory; "
                    + "make it; relative paths start from the folder of the file in which they stand"
            ]
        )
        #expect(faults(text, files: files(folders: ["/etc/herald/t"])).count == 1)
    }

    @Test("a state_dir whose socket's path is longer than a socket's may be is a fault, wherever it comes from")
    func socketPath() throws {
        // 13 bytes are "/control.sock".
        let longest = "/" + String(repeating: "d", count: 107 - 13 - 1)
        #expect(faults("[herald]\nstate_dir = \(longest)") == [])
        #expect(try interpret("[herald]\nstate_dir = \(longest)").store.controlSocket.utf8.count == 107)
        let limit = "sockets may have 107 bytes"
        #expect(
            faults("[herald]\nstate_dir = \(longest)e") == [
                "a.ini:2: state_dir: the path of its socket, \(longest)e/control.sock, is 1 byte too long; "
                    + "name a folder with a shorter path: \(limit)"
            ]
        )
        #expect(
            faults("", environment: ["STATE_DIRECTORY": longest + "ee"]) == [
                "STATE_DIRECTORY: the path of its socket, \(longest)ee/control.sock, is 2 bytes too long; "
                    + "set state_dir in [herald] to a folder with a shorter path: \(limit)"
            ]
        )
        let text = ConfigurationText(file: "a.ini", folder: longest, bytes: [])
        let thrown = #expect(throws: Faults.self) {
            try HeraldSettings.interpret([text], environment: [:], files: files())
        }
        #expect(try #require(thrown).faults.map(\.file) == ["a.ini"])
    }

    @Test("the summary shows where Herald listens and whose token it takes")
    func summary() throws {
        let words = try interpret("[herald]\nlisten =\ntoken_file = /t", files: files(["/t": "SECRET"])).summary()
        #expect(words.contains("\n  listen             off\n  token_file         /t\n"))
        #expect(!words.contains("SECRET"))
    }
}
