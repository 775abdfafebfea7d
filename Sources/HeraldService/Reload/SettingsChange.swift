import Settings

/// What in a configuration has changed, for people, and whether a running service can follow. A value that knows no I/O.
struct SettingsChange {
    /// A line for each thing that changes.
    let lines: [String]
    /// What a running service cannot do.
    let faults: [Fault]

    init(from old: HeraldSettings, to new: HeraldSettings) {
        var lines: [String] = []
        lines += Self.children("notifier", old.notifiers, new.notifiers)
        lines += Self.children("daemon", old.daemons, new.daemons)
        if old.daemonRetries != new.daemonRetries { lines.append("os_daemon_settings: changed") }
        if old.source != new.source { lines.append("source: changed; its feeds are opened again") }
        if old.log != new.log {
            lines.append("log: level \(new.log.level.rawValue), format \(new.log.format.rawValue)")
        }
        if old.store.forgetAfter != new.store.forgetAfter { lines.append("forget_after: changed") }
        if old.control.listen != new.control.listen {
            lines.append("listen: \(new.control.listen.map { "\($0)" } ?? "nowhere")")
        }
        if old.control.tokenFile != new.control.tokenFile { lines.append("token_file: changed") }
        if lines.isEmpty, !LayersDifference(from: old.layers, to: new.layers).isEmpty {
            lines.append("nothing that Herald itself reads")
        }
        self.lines = lines
        guard old.store.folder != new.store.folder else {
            faults = []
            return
        }
        let place = new.layers["herald", "state_dir"]
        faults = [
            Fault(
                file: place?.file ?? new.files.last ?? HeraldSettings.defaultPath,
                line: place?.line,
                message: "state_dir cannot change from \(old.store.folder) to \(new.store.folder) while herald runs",
                hint: "put it back, or restart herald"
            )
        ]
    }

    private static func children<Child: ChildSettings>(_ kind: String, _ old: [Child], _ new: [Child]) -> [String] {
        let before = Dictionary(old.map { ($0.name, $0) }) { $1 }
        let after = Dictionary(new.map { ($0.name, $0) }) { $1 }
        return Set(before.keys).union(after.keys).sorted().compactMap { name in
            switch (before[name], after[name]) {
            case (nil, _): "\(kind) \(name): added"
            case (_, nil): "\(kind) \(name): removed"
            case (.some(let old), .some(let new)): old.isSame(as: new) ? nil : "\(kind) \(name): changed"
            }
        }
    }
}
