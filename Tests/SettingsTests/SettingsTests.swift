import Testing

@testable import Settings

@Suite("Settings")
struct SettingsTests {
    @Test("without a file's word everything has its default, and the missing notifier and url are warned of")
    func defaults() throws {
        let settings = try interpret("")
        #expect(settings.source == SourceSettings())
        #expect(settings.source.url == "http://127.0.0.1:5984")
        #expect(settings.source.isDefault)
        #expect(settings.source.since == .now)
        #expect(settings.source.heartbeat == .seconds(10))
        #expect(settings.source.rescan == .seconds(5))
        #expect(settings.source.databases == .all)
        #expect(settings.log == LogSettings())
        #expect(settings.store == StoreSettings(folder: "/etc/herald/herald-state"))
        #expect(settings.store.forgetAfter == .seconds(30 * 24 * 3600))
        #expect(settings.notifiers.isEmpty)
        #expect(settings.control == ControlSettings(place: ConfigurationPlace(file: "a.ini")))
        #expect(settings.control.listen?.description == "127.0.0.1:5986")
        #expect(settings.daemons.isEmpty)
        #expect(settings.daemonRetries == DaemonRetrySettings())
        #expect(
            settings.warnings.map(\.description) == [
                "a.ini: no url in [source]: http://127.0.0.1:5984 is watched; set url in [source] to say so yourself",
                "a.ini: no notifier: nobody will be told of anything; add a line NAME = COMMAND to [update_notification]",
            ]
        )
    }

    @Test("every key of the reference is read")
    func everyKey() throws {
        let settings = try interpret(
            """
            [herald]
            log_level = debug           ; trace debug info notice warning error
            log_format = json           ; text | json
            state_dir = ./state
            forget_after = 1.5d
            [source]
            url = https://h:6984/couch/ ; http or https
            username = admin            ; text
            password =
            password_file = pw
            token_file =                ; a bearer token
            ca_file = /ca.pem
            databases = *, _users, !x*
            since = 0
            heartbeat = 30s
            rescan = 500ms
            [update_notification]
            view_warmer = /usr/bin/ruby /opt/hooks/view_updater.rb -with "cmd line arg"
            second = cat >> ${LOG:-/dev/null}
            [notifier:view_warmer]      ; options of one notifier; all optional
            databases = orders, invoices-*
            types = updated, ddoc_updated      ; default: all four
            stop_timeout = 1.5s
            environment = LANG=C.UTF-8, GREETING="a, b"
            working_directory = hooks
            merge = never
            since = now
            detail = change
            confirm = yes
            window = 100
            confirm_timeout = 1h
            attempts = unlimited
            outbox = 64kB
            [notifier:second]
            merge = 500ms
            merge_at = 10
            """,
            files: files(["/etc/herald/pw": "s", "/ca.pem": "c"], folders: ["/etc/herald/hooks"])
        )
        #expect(settings.warnings.isEmpty)
        #expect(settings.files == ["a.ini"])
        #expect(settings.log.level == .debug)
        #expect(settings.log.format == .json)
        #expect(settings.store.folder == "/etc/herald/state")
        #expect(settings.store.forgetAfter == .seconds(36 * 3600))
        let source = settings.source
        #expect(source.url == "https://h:6984/couch")
        #expect(!source.isDefault)
        #expect(source.username == "admin")
        #expect(source.password == nil)
        #expect(source.passwordFile == "/etc/herald/pw")
        #expect(source.tokenFile == nil)
        #expect(source.caFile == "/ca.pem")
        #expect(source.databases.description == "*, _users, !x*")
        #expect(source.since == .zero)
        #expect(source.heartbeat == .seconds(30))
        #expect(source.rescan == .milliseconds(500))
        #expect(settings.notifiers.map(\.name) == ["view_warmer", "second"])
        let first = settings.notifiers[0]
        #expect(first.command == "/usr/bin/ruby /opt/hooks/view_updater.rb -with \"cmd line arg\"")
        #expect(first.line == 18)
        #expect(first.databases?.description == "orders, invoices-*")
        #expect(first.types == [.updated, .ddocUpdated])
        #expect(first.stopTimeout == .milliseconds(1500))
        #expect(
            first.environment == [
                EnvironmentVariable(name: "LANG", value: "C.UTF-8"),
                EnvironmentVariable(name: "GREETING", value: "a, b"),
            ]
        )
        #expect(first.workingDirectory == "/etc/herald/hooks")
        #expect(first.merge == .never)
        #expect(first.since == .now)
        #expect(first.detail == .change)
        var confirmation = ConfirmationSettings()
        confirmation.window = 100
        confirmation.timeout = .seconds(3600)
        confirmation.attempts = nil
        #expect(first.confirmation == confirmation)
        #expect(first.outboxSize == 64_000)
        let second = settings.notifiers[1]
        #expect(second.databases == nil)
        #expect(second.types == [.created, .updated, .ddocUpdated, .deleted])
        #expect(second.stopTimeout == .seconds(5))
        #expect(second.environment.isEmpty)
        #expect(second.workingDirectory == "/etc/herald")
        #expect(second.merge == .debounce(.milliseconds(500)))
        #expect(second.mergeAt == 10)
        #expect(second.since == nil)
        #expect(second.detail == .plain)
        #expect(second.confirmation == nil)
        #expect(second.outboxSize == 4_000_000)
    }

    @Test("a later file replaces a command, removes one, and adds one")
    func notifierLayers() throws {
        let settings = try interpret(
            "[source]\nurl=http://h\n[update_notification]\na = one\nb = two\nc = three\n[notifier:b]\nmerge = never",
            "[update_notification]\nd = four\nc = 3\nb ="
        )
        #expect(settings.notifiers.map(\.name) == ["a", "c", "d"])
        #expect(settings.notifiers.map(\.command) == ["one", "3", "four"])
        #expect(settings.notifiers.map(\.file) == ["a.ini", "b.ini", "b.ini"])
        #expect(settings.warnings.isEmpty)
    }

    @Test("two notifiers may have the same command")
    func sameCommand() throws {
        #expect(try interpret("[update_notification]\na = cat\nb = cat").notifiers.count == 2)
    }

    @Test("a CouchDB 1.x local.ini is taken as it is")
    func couchDB() throws {
        let settings = try interpret(
            """
            ; CouchDB Configuration Settings

            ; Custom settings should be made in this file. They will override settings
            ; in default.ini, but unlike changes made to default.ini, this file won't be
            ; overwritten on server upgrade.

            [couchdb]
            ;max_document_size = 4294967296 ; bytes
            uuid = 0a959b9b8227188afc2ac26ccdf345a6

            [httpd]
            bind_address = 127.0.0.1
            ; Options for the MochiWeb HTTP server.
            ;server_options = [{backlog, 128}, {acceptor_pool_size, 16}]
            socket_options = [{recbuf, 262144}, {sndbuf, 262144}, {nodelay, true}]
            WWW-Authenticate = Basic realm="administrator"
            # not a comment, and yet harmless here

            [httpd_global_handlers]
            _google = {couch_httpd_proxy, handle_proxy_req, <<"http://www.google.com">>}

            [couch_httpd_auth]
            secret = replace this with a real secret
            [ssl]
            ;cert_file = /full/path/to/server_cert.pem
            [cors]
            origins =
            [os_daemons]
            lively = /usr/bin/node /opt/lively/main.js
            [os_daemon_settings]
            max_retries = 3

            ; To enable external processes to be notified
            [update_notification]
            ;unique notifier name=/full/path/to/exe -with "cmd line arg"
            unique notifier name=/usr/local/bin/notify -with "cmd line arg"

            ; To create an admin account uncomment the '[admins]' section below and add a
            ; line in the format 'username = password'.
            [admins]
            ;admin = mysecretpassword
            admin = -pbkdf2-d4b887da5b1bd3d8fcd05d9fc8b0f1d7a6bcdb45,8d5b7bb3a7cd1d9c,10
            [vhosts]
            example.com = /database/
            [replicator]
            broken line
             continued
            """
        )
        #expect(settings.warnings.map(\.message) == ["no url in [source]: http://127.0.0.1:5984 is watched"])
        #expect(settings.notifiers.map(\.name) == ["unique notifier name"])
        #expect(settings.notifiers.map(\.command) == ["/usr/local/bin/notify -with \"cmd line arg\""])
        #expect(settings.daemons.map(\.name) == ["lively"])
        #expect(settings.daemons.map(\.command) == ["/usr/bin/node /opt/lively/main.js"])
        #expect(settings.layers["httpd", "WWW-Authenticate"]?.text == "Basic realm=\"administrator\"")
        #expect(!settings.summary().contains("pbkdf2"))
    }

    @Test("names that are nearly ours are warned of, and left alone")
    func nearSections() throws {
        let settings = try interpret(
            "[Source]\nurl=x\n[notifer:a]\n[update_notifications]\na=b\n[notifier]\n[ herald ]\n[httpd]\n[sources]\n[log]"
                + "\n[os_daemons]\n[daemons]\n[couchdb]\n[stats]\n[uuids]\n[NOTIFIER:a]"
        )
        let warnings = settings.warnings.filter { $0.line != nil }
        #expect(warnings.map(\.line) == [1, 3, 4, 6, 7, 9, 16])
        #expect(
            warnings.map(\.hint) == [
                "did you mean [source]?", "did you mean [notifier:a]?", "did you mean [update_notification]?",
                "did you mean [notifier:NAME]?", "did you mean [herald]?", "did you mean [source]?",
                "did you mean [notifier:a]?",
            ]
        )
        #expect(settings.source.isDefault)
    }

    @Test("names that are nearly those of the daemons' sections are warned of; [daemons] of CouchDB 1.x is not")
    func nearDaemonSections() throws {
        let settings = try interpret(
            "[os_daemon]\n[os_deamons]\n[OS_Daemons]\n[os_daemons_settings]\n[os_daemon_setting]\n[deamon:a]\n[Daemon:a]"
                + "\n[daemon]\n[daemons]\n[admins]\n[admin]\n[daemons:a]\n[external]\n[query_servers]\n[ioq.domain]"
        )
        let warnings = settings.warnings.filter { $0.line != nil }
        #expect(warnings.map(\.line) == [1, 2, 3, 4, 5, 6, 7, 8, 12])
        #expect(
            warnings.map(\.hint) == [
                "did you mean [os_daemons]?", "did you mean [os_daemons]?", "did you mean [os_daemons]?",
                "did you mean [os_daemon_settings]?", "did you mean [os_daemon_settings]?",
                "did you mean [daemon:a]?", "did you mean [daemon:a]?", "did you mean [daemon:NAME]?",
                "did you mean [daemon:a]?",
            ]
        )
    }

    @Test("a key before the first section is warned of")
    func beforeSections() throws {
        #expect(try interpret("url = http://h\n[source]\n").warnings.first { $0.line == 1 } != nil)
    }

    @Test("a notifier that names what the source leaves out is warned of")
    func outOfReach() throws {
        let text = "[source]\nurl=http://h\ndatabases=*, !b\n[update_notification]\nx=cat\n[notifier:x]\ndatabases="
        #expect(try interpret(text + "a, _users, b").warnings.map(\.line) == [7, 7])
        #expect(try interpret(text + "a, _*, b*").warnings.isEmpty)
    }

    @Test("the notifiers.ini of the repository has no fault, and warns only that there is no notifier")
    func repositoryFile() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let settings = try HeraldSettings.load(paths: ["\(root)/notifiers.ini"], environment: [:])
        #expect(settings.source.url == "http://127.0.0.1:5984")
        #expect(settings.warnings.count == 1)
        #expect(settings.warnings.first?.message.hasPrefix("no notifier") == true)
    }

    @Test("every key is in the notifiers.ini of the repository, and its example values are right")
    func repositoryReference() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let text = String(decoding: try contents(of: "\(root)/notifiers.ini", limit: 1 << 20), as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        let switchedOn = lines.map { line in
            line.hasPrefix(";") && !line.hasPrefix("; ") ? String(line.dropFirst()) : line
        }.joined(separator: "\n")
        #expect(faults(switchedOn, files: files(folders: ["/srv/hooks"])) == [])
        let document = INIDocument(parsing: switchedOn.bytes, file: "notifiers.ini")
        let sections = ["herald", "source", "notifier:view_warmer", "daemon:search", "os_daemon_settings"]
        for section in sections {
            let documented = document.entries.filter { $0.section == section }.map(\.key)
            for key in try #require(Known.keys(of: section)) {
                #expect(documented.contains(key), "\(key) in [\(section)]")
            }
        }
    }
}
