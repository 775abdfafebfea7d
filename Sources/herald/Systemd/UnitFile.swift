/// The text of a systemd unit that runs Herald with no more rights than it needs: systemd.service(5), systemd.exec(5).
struct UnitFile: Sendable, Equatable {
    /// Whom the service runs as.
    enum Owner: Sendable, Equatable {
        /// A user that is there while the service is.
        case dynamic
        case user(String)
    }

    /// The version of Herald that prints it.
    var version: String
    /// The absolute path of `herald`.
    var program: String
    /// The absolute paths of the configuration files or folders, in their order.
    var configuration: [String]
    var owner: Owner

    /// The whole unit; it ends in a newline.
    var text: String {
        """
        # Printed by herald \(version). Save it as /etc/systemd/system/herald.service, then:
        #   systemctl daemon-reload && systemctl enable --now herald
        # Set 'state_dir = /var/lib/herald' in [herald], so that 'herald status' and its like find the service.

        [Unit]
        Description=Herald, which tells other programs what happens in CouchDB
        Wants=network-online.target
        After=network-online.target couchdb.service

        [Service]
        Type=notify
        NotifyAccess=main
        ExecStart=\(command("run"))
        # Fails where the new configuration has faults, and shows them; the old one goes on.
        ExecReload=\(command("reload"))
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
        \(ownerLines)

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
    }

    private var ownerLines: String {
        switch owner {
        case .dynamic:
            """
            # A user that exists only while the service runs, so the configuration must be readable for everybody. Give
            # it the password of the server by
            #   LoadCredential=couchdb-password:/etc/herald/couchdb-password
            # and 'password_file = /run/credentials/herald.service/couchdb-password' in [source]. If notifiers need files
            # of a certain user, use 'herald systemd-unit --user NAME'.
            DynamicUser=yes
            """
        case .user(let name):
            """
            # Make it with: useradd --system --shell /usr/sbin/nologin \(name)
            User=\(name)
            """
        }
    }

    private func command(_ subcommand: String) -> String {
        let arguments = configuration.flatMap { ["-c", $0] }
        return ([program, subcommand] + arguments).map { Self.word($0) }.joined(separator: " ")
    }

    /// `text` as one word of a command line in a unit: in quotes where that is needed, `%` and `$` doubled.
    static func word(_ text: String) -> String {
        var word = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "%": word += "%%"
            case "$": word += "$$"
            case "\"": word += "\\\""
            case "\\": word += "\\\\"
            case "\n": word += "\\n"
            case "\t": word += "\\t"
            default: word.unicodeScalars.append(scalar)
            }
        }
        let isPlain = !text.isEmpty && text.unicodeScalars.allSatisfy { !" \t\n\"'\\;".unicodeScalars.contains($0) }
        return isPlain ? word : "\"\(word)\""
    }

    /// The folders of `paths` that the unit hides or makes empty, as they were named.
    static func hidden(among paths: [String]) -> [String] {
        let folders = ["/home", "/root", "/run/user", "/tmp", "/var/tmp"]
        return paths.filter { path in folders.contains { path == $0 || path.hasPrefix("\($0)/") } }
    }
}
