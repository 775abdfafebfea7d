// `state_dir` and `forget_after` in `[herald]`.

extension SettingsReader {
    private static let forgetTimes: ClosedRange<Duration> = .seconds(60) ... .seconds(3650 * 86_400)

    mutating func readStore() -> StoreSettings {
        var store = StoreSettings(folder: storeFolder())
        store.forgetAfter =
            duration("herald", "forget_after", Self.forgetTimes, example: "30d") ?? store.forgetAfter
        return store
    }

    /// An explicit key wins over systemd's variable, and that over the default.
    private mutating func storeFolder() -> String {
        if let (path, place) = path("herald", "state_dir") {
            if case .file = files.look(path) {
                faults.add(place, "state_dir: \(path) is no folder", "name a folder; \(Self.pathHint)")
            }
            checkSocket(in: path, place, "state_dir: ", "name a folder with a shorter path")
            return path
        }
        let name = "STATE_DIRECTORY"
        // Systemd gives an absolute path for each name in StateDirectory=, with colons between: systemd.exec(5).
        if let first = environment[name]?.bytes.split(separator: UInt8(ascii: ":")).first?.text {
            let place = Place(file: name, line: nil, layer: texts.count)
            if first.utf8.first != UInt8(ascii: "/") {
                faults.add(
                    place,
                    "\(quoted(first)) is no absolute path",
                    "set it to one, or set state_dir in [herald], which wins over it"
                )
            } else if case .file = files.look(first) {
                faults.add(place, "\(first) is no folder", "set it to a folder, or set state_dir in [herald]")
            }
            checkSocket(in: first, place, "", "set state_dir in [herald] to a folder with a shorter path")
            return first
        }
        let folder = absolute(StoreSettings.defaultFolderName, from: texts.first?.folder ?? currentFolder())
        if case .file = files.look(folder) {
            faults.add(nowhere, "\(folder) is no folder", "move it away, or set state_dir in [herald]")
        }
        checkSocket(in: folder, nowhere, "", "set state_dir in [herald] to a folder with a shorter path")
        return folder
    }

    private mutating func checkSocket(in folder: String, _ place: Place, _ subject: String, _ hint: String) {
        let socket = StoreSettings(folder: folder).controlSocket
        let excess = socket.utf8.count - StoreSettings.longestSocketPath
        guard excess > 0 else { return }
        faults.add(
            place,
            "\(subject)the path of its socket, \(socket), is \(excess) \(excess == 1 ? "byte" : "bytes") too long",
            "\(hint): sockets may have \(StoreSettings.longestSocketPath) bytes"
        )
    }
}
