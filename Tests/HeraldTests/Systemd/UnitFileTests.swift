import TestSupport
import Testing

@testable import herald

@Suite("The systemd unit")
struct UnitFileTests {
    private func unit(_ owner: UnitFile.Owner) -> String {
        UnitFile(
            version: "1.2.3",
            program: "/usr/local/bin/herald",
            configuration: ["/etc/herald/notifiers.ini"],
            owner: owner
        ).text
    }

    @Test("It is this text")
    func text() {
        #expect(
            unit(.dynamic) == """
                # Printed by herald 1.2.3. Save it as /etc/systemd/system/herald.service, then:
                #   systemctl daemon-reload && systemctl enable --now herald
                # Set 'state_dir = /var/lib/herald' in [herald], so that 'herald status' and its like find the service.

                [Unit]
                Description=Herald, which tells other programs what happens in CouchDB
                Wants=network-online.target
                After=network-online.target couchdb.service

                [Service]
                Type=notify
                NotifyAccess=main
                ExecStart=/usr/local/bin/herald run -c /etc/herald/notifiers.ini
                # Fails where the new configuration has faults, and shows them; the old one goes on.
                ExecReload=/usr/local/bin/herald reload -c /etc/herald/notifiers.ini
                WatchdogSec=30
                Restart=on-failure
                RestartSec=2
                # Wrong usage and a configuration with faults do not mend by themselves.
                RestartPreventExitStatus=64 78
                # TERM to Herald alone, which stops its notifiers in order; KILL to all that is left. Allow more than three times
                # the longest 'stop_timeout'.
                KillMode=mixed
                TimeoutStopSec=60
                # For each feed one open file, for each notifier three.
                LimitNOFILE=65536

                # The store is in /var/lib/herald, the only folder that Herald and its notifiers can write to. If notifiers write
                # elsewhere, name the folders: ReadWritePaths=/srv/index
                StateDirectory=herald
                StateDirectoryMode=0700
                # A user that exists only while the service runs, so the configuration must be readable for everybody. Give
                # it the password of the server by
                #   LoadCredential=couchdb-password:/etc/herald/couchdb-password
                # and 'password_file = /run/credentials/herald.service/couchdb-password' in [source]. If notifiers need files
                # of a certain user, use 'herald systemd-unit --user NAME'.
                DynamicUser=yes

                # What follows holds for notifiers and daemons too, since they are children of the service. Loosen what one of
                # them needs, rather than run it elsewhere as root.
                # No sudo, no setuid programs.
                NoNewPrivileges=yes
                CapabilityBoundingSet=
                RestrictSUIDSGID=yes
                # What they write is for this user alone; 0027 lets the group read it.
                UMask=0077
                # The system's folders are read-only.
                ProtectSystem=strict
                # /home, /root and /run/user look empty: for scripts that are there, ProtectHome=read-only.
                ProtectHome=yes
                # /tmp and /var/tmp are their own; 'no' for those who meet other programs there.
                PrivateTmp=yes
                # 'no' for who needs a device, such as a GPU or a serial port.
                PrivateDevices=yes
                ProtectClock=yes
                ProtectControlGroups=yes
                ProtectHostname=yes
                ProtectKernelLogs=yes
                ProtectKernelModules=yes
                ProtectKernelTunables=yes
                # Add AF_NETLINK for who asks for the network's interfaces.
                RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
                # 'no' for containers and sandboxed browsers.
                RestrictNamespaces=yes
                RestrictRealtime=yes
                LockPersonality=yes
                # Take it out for 32-bit programs.
                SystemCallArchitectures=native

                [Install]
                WantedBy=multi-user.target

                """
        )
    }

    @Test("With a user only what tells of the user is another")
    func user() {
        let dynamic = unit(.dynamic).split(separator: "\n", omittingEmptySubsequences: false)
        let named = unit(.user("couch")).split(separator: "\n", omittingEmptySubsequences: false)
        let own = ["# Make it with: useradd --system --shell /usr/sbin/nologin couch", "User=couch"]
        #expect(named.filter { !dynamic.contains($0) }.map { String($0) } == own)
        #expect(!named.contains("DynamicUser=yes") && dynamic.contains("DynamicUser=yes"))
    }

    @Test("Words of a command line are quoted as systemd reads them")
    func words() {
        #expect(UnitFile.word("/usr/bin/herald") == "/usr/bin/herald")
        #expect(UnitFile.word("/a b/c") == #""/a b/c""#)
        #expect(UnitFile.word("/a%b/$c") == "/a%%b/$$c")
        #expect(UnitFile.word(#"/a"b\c"#) == #""/a\"b\\c""#)
        #expect(UnitFile.word("") == #""""#)
    }

    @Test("Places that the unit hides are told")
    func hidden() {
        let paths = ["/usr/bin/herald", "/home/a/herald", "/homes/a", "/root", "/tmp/x", "/etc/herald/notifiers.ini"]
        #expect(UnitFile.hidden(among: paths) == ["/home/a/herald", "/root", "/tmp/x"])
    }

    @Test("It names this program and the configuration by absolute paths, and its user")
    func command() async throws {
        let folder = try TemporaryFolder()
        let herald = try HeraldProcess.binary()
        let unit = try await Ended(
            ["systemd-unit", "-c", "notifiers.ini", "-c", "./conf d", "--user", "couch"],
            workingDirectory: folder.path
        )
        #expect(unit.exit == .status(0))
        let options = "-c \(folder.path("notifiers.ini")) -c \"\(folder.path("conf d"))\""
        #expect(unit.stdout.contains { $0.hasPrefix("ExecStart=") && $0.hasSuffix("/herald run \(options)") })
        #expect(unit.stdout.contains { $0.hasPrefix("ExecReload=") && $0.hasSuffix("/herald reload \(options)") })
        #expect(unit.stdout.contains("User=couch") && !unit.stdout.contains("DynamicUser=yes"))
        // The folders of the tests are those that a service must not see.
        #expect(unit.stderr.contains { $0.hasPrefix("\(folder.path("notifiers.ini")): the unit hides this place") })
        #expect(!herald.isEmpty)

        let plain = try await Ended(["systemd-unit"])
        #expect(plain.exit == .status(0))
        #expect(plain.stdout.contains { $0.hasSuffix("/herald run -c /etc/herald/notifiers.ini") })
        #expect(plain.stdout.contains("DynamicUser=yes"))
        for user in ["", "a b", "-a", "a\nExecStartPre=/bin/sh"] {
            let refused = try await Ended(["systemd-unit", "--user", user])
            #expect(refused.exit == .status(64) && refused.stdout.isEmpty)
        }
    }
}
