// What is read alike for notifiers and daemons: commands, and the three options that every process has.

extension SettingsReader {
    private static let stopTimeouts: ClosedRange<Duration> = .milliseconds(10) ... .seconds(3600)

    /// Every section of options must have a command, if only one that another layer removed.
    mutating func checkOptionSections(of kind: KnownChild) {
        guard isComplete else { return }
        let mentioned = Set(documents.flatMap(\.entries).filter { $0.section == kind.commands }.map(\.key))
        let names = layers.keys(of: kind.commands)
        var seen: Set<String> = []
        for (layer, document) in documents.enumerated() {
            for header in document.headers {
                guard let name = kind.name(in: header.name), !mentioned.contains(name), seen.insert(name).inserted
                else { continue }
                let near = nearestName(to: name, among: names)
                faults.add(
                    Place(file: document.file, line: header.line, layer: layer),
                    "no \(kind.word) has the name \(quoted(name))",
                    near.map { "did you mean [\(kind.section($0))]?" }
                        ?? "add its command to [\(kind.commands)], or remove this section"
                )
            }
        }
    }

    /// Checks the command of `child` and reads its common options over the defaults that are in it.
    mutating func readCommandAndOptions<T: ChildSettings>(of kind: KnownChild, into child: inout T) {
        let section = kind.section(child.name)
        _ = take(kind.commands, child.name) { (value) throws(Complaint) in
            try CommandText.check(value.text, isCutByComment: value.isCutByComment)
        }
        child.stopTimeout = duration(section, "stop_timeout", Self.stopTimeouts, example: "5s") ?? child.stopTimeout
        child.environment =
            take(section, "environment") { (value) throws(Complaint) in
                try EnvironmentText.parse(value.text, isCutByComment: value.isCutByComment)
            } ?? child.environment
        child.workingDirectory = workingDirectory(section) ?? child.workingDirectory
    }

    private mutating func workingDirectory(_ section: String) -> String? {
        guard let (path, place) = path(section, "working_directory") else { return nil }
        switch files.look(path) {
        case .absent(let reason):
            faults.add(place, "working_directory: \(path) cannot be used: \(reason)", "make it; \(Self.pathHint)")
        case .file:
            faults.add(place, "working_directory: \(path) is no folder", "name a folder; \(Self.pathHint)")
        case .folder:
            break
        }
        return path
    }
}
