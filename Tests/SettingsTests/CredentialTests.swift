import Testing

@testable import Settings

@Suite("Credentials")
struct CredentialTests {
    private let url = "[source]\nurl = http://u1:p1@h\n"

    @Test("the keys win over the url, the environment over the keys")
    func precedence() throws {
        #expect(try interpret(url).source.credentials() == .basic(username: "u1", password: Secret("p1")))
        let keys = url + "username = u2\npassword = p2"
        #expect(try interpret(keys).source.credentials() == .basic(username: "u2", password: Secret("p2")))
        let environment = ["HERALD_SOURCE_USERNAME": "u3", "HERALD_SOURCE_PASSWORD": "p3"]
        let source = try interpret(keys, environment: environment).source
        #expect(try source.credentials() == .basic(username: "u3", password: Secret("p3")))
        #expect(try interpret("[source]\nurl=http://h").source.credentials() == .none)
    }

    @Test("a password file wins over the url, the environment over the file")
    func passwordFile() throws {
        let text = url + "password_file = pw"
        let files = files(["/etc/herald/pw": "s"])
        #expect(try interpret(text, files: files).source.passwordFile == "/etc/herald/pw")
        #expect(try interpret(text, files: files).source.password == nil)
        let source = try interpret(text, environment: ["HERALD_SOURCE_PASSWORD": "p3"], files: files).source
        #expect(source.passwordFile == nil)
        #expect(source.password == Secret("p3"))
    }

    @Test("an empty variable is none")
    func emptyVariable() throws {
        let source = try interpret(url, environment: ["HERALD_SOURCE_USERNAME": "", "HERALD_SOURCE_PASSWORD": ""])
            .source
        #expect(source.username == "u1")
    }

    @Test("a password or token file that others may read is warned of", arguments: ["password_file", "token_file"])
    func readableByOthers(key: String) throws {
        let text = "[source]\nurl=http://h\n\(key) = /pw" + (key == "password_file" ? "\nusername = u" : "")
        let open = try interpret(text, files: files(["/pw": "s"], mode: 0o640)).warnings
        #expect(
            open.last?.description == "a.ini:3: \(key): others than its owner may read /pw; chmod 600 it"
        )
        #expect(try interpret(text, files: files(["/pw": "s"], mode: 0o600)).warnings.allSatisfy { $0.line == nil })
    }

    @Test("no secret is shown by any description, dump or summary")
    func masked() throws {
        let settings = try interpret(
            """
            [source]
            url = http://admin:SECRET1@h
            password = SECRET2
            [update_notification]
            x = curl http://u:SECRET3@h/a
            [notifier:x]
            environment = API_KEY=SECRET4, URL=http://u:SECRET5@h, A=shown
            """
        )
        var shown = ""
        dump(settings.source, to: &shown)
        dump(settings.layers, to: &shown)
        dump(settings.notifiers[0].environment, to: &shown)
        shown += "\(settings.source) \(settings.notifiers[0].environment) \(settings.layers)" + settings.summary()
        #expect(!shown.contains("SECRET"))
        #expect(settings.summary().contains("A=shown"))
    }

    @Test("the summary is readable and stable")
    func summary() throws {
        let settings = try interpret(
            "[source]\nurl=http://h\nusername=admin\npassword=x\n[update_notification]\nx = cat",
        )
        #expect(
            settings.summary() == """
                server
                  url                http://h
                  login              user admin, password ***
                  ca_file            the system's certificates
                  databases          *
                  since              now
                  heartbeat          10s
                  rescan             5s
                log
                  level              info
                  format             text
                store
                  state_dir          /etc/herald/herald-state
                  forget_after       30d
                control
                  listen             127.0.0.1:5986
                  token_file         /etc/herald/herald-state/token, which Herald makes itself
                notifier x (a.ini:6)
                  command            cat
                  databases          all of the server's above
                  types              created, updated, ddoc_updated, deleted
                  since              the server's above
                  detail             none
                  confirm            no
                  merge              when_behind
                  outbox             4MB
                  stop_timeout       5s
                  environment        the service's own
                  working_directory  /etc/herald

                """
        )
    }
}
