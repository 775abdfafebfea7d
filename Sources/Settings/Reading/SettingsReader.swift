/// Turns documents into settings and gathers what is wrong with them.
struct SettingsReader {
    /// Where a value stands.
    struct Place: Hashable {
        var file: String
        var line: Int?
        var layer: Int

        init(file: String, line: Int?, layer: Int) {
            self.file = file
            self.line = line
            self.layer = layer
        }

        init(_ value: Layers.Value) {
            self.init(file: value.file, line: value.line, layer: value.layer)
        }
    }

    /// Faults or warnings with the order of their files.
    struct Findings {
        private var found: [(layer: Int, fault: Fault)] = []

        mutating func add(_ place: Place, _ message: String, _ hint: String) {
            found.append((place.layer, Fault(file: place.file, line: place.line, message: message, hint: hint)))
        }

        /// By file, then by line; what belongs to no file at the end.
        var inOrder: [Fault] {
            let sorted = found.enumerated().sorted {
                ($0.element.layer, $0.element.fault.line ?? 0, $0.offset)
                    < ($1.element.layer, $1.element.fault.line ?? 0, $1.offset)
            }
            return sorted.map(\.element.fault)
        }
    }

    let texts: [ConfigurationText]
    let documents: [INIDocument]
    let layers: Layers
    let environment: [String: String]
    let files: FileView
    /// Whether all files were read, so that what is not there is missing indeed.
    let isComplete: Bool
    var faults = Findings()
    var warnings = Findings()

    init(_ texts: [ConfigurationText], environment: [String: String], files: FileView, isComplete: Bool) {
        self.texts = texts
        self.environment = environment
        self.files = files
        documents = texts.map { INIDocument(parsing: $0.bytes, file: $0.file) }
        layers = Layers(documents)
        let cannotBeRead: [INIDocument.Oddity.Kind] = [.binary, .brokenHeader]
        self.isComplete =
            isComplete && !documents.contains { $0.oddities.contains { cannotBeRead.contains($0.kind) } }
    }

    mutating func read() -> HeraldSettings {
        for (layer, document) in documents.enumerated() {
            checkLines(of: document, layer)
            checkHeaders(of: document, layer)
            checkKeys(of: document, layer)
        }
        let source = readSource()
        return HeraldSettings(
            log: readLog(),
            store: readStore(),
            control: readControl(),
            source: source,
            notifiers: readNotifiers(of: source),
            daemons: readDaemons(),
            daemonRetries: readDaemonRetries(),
            warnings: [],
            files: texts.map(\.file),
            layers: layers
        )
    }

    private mutating func readLog() -> LogSettings {
        var log = LogSettings()
        log.level = choice("herald", "log_level") ?? log.level
        log.format = choice("herald", "log_format") ?? log.format
        return log
    }

    /// The value of `key` as `parse` reads it; nil if there is none or it is at fault.
    mutating func take<T>(
        _ section: String,
        _ key: String,
        _ parse: (Layers.Value) throws(Complaint) -> T
    ) -> T? {
        guard let value = layers[section, key] else { return nil }
        do throws(Complaint) {
            return try parse(value)
        } catch {
            faults.add(Place(value), "\(key): \(error.message)", error.hint)
            return nil
        }
    }

    /// The value of `key` where it must be one of a few words.
    mutating func choice<T: RawRepresentable & CaseIterable>(
        _ section: String,
        _ key: String
    ) -> T? where T.RawValue == String {
        take(section, key) { (value) throws(Complaint) in try Self.word(value.text) }
    }

    /// The `T` whose word is `text`.
    static func word<T: RawRepresentable & CaseIterable>(
        _ text: String
    ) throws(Complaint) -> T where T.RawValue == String {
        if let word = T(rawValue: text) { return word }
        let known = T.allCases.map(\.rawValue)
        let hint = nearestName(to: text, among: known).map { "did you mean '\($0)'?" }
        throw Complaint("\(quoted(text)) is not known", hint ?? "choose one of: \(known.joined(separator: ", "))")
    }

    mutating func duration(
        _ section: String,
        _ key: String,
        _ bounds: ClosedRange<Duration>,
        example: String
    ) -> Duration? {
        take(section, key) { (value) throws(Complaint) in
            try DurationText.parse(value.text, within: bounds, example: "\(key) = \(example)")
        }
    }

    mutating func filter(_ section: String) -> DatabaseFilter? {
        take(section, "databases") { (value) throws(Complaint) in try DatabaseFilter(parsing: value.text) }
    }

    /// The value of `key` as an absolute path.
    func path(_ section: String, _ key: String) -> (path: String, place: Place)? {
        layers[section, key].map { (absolute($0.text, from: texts[$0.layer].folder), Place($0)) }
    }
}
