// `[source]`.

extension SettingsReader {
    /// What Herald allows for `heartbeat` and `rescan`.
    private static let intervals: ClosedRange<Duration> = .milliseconds(100) ... .seconds(3600)

    /// A value and where it was given.
    private struct Given<T> {
        var value: T
        var place: Place
    }

    mutating func readSource() -> SourceSettings {
        var source = SourceSettings()
        let url = take("source", "url") { (value) throws(Complaint) in try SourceURL(parsing: value.text) }
        if let url {
            source.url = url.text
        }
        source.isDefault = layers["source", "url"] == nil
        if source.isDefault, isComplete {
            warnings.add(
                nowhere,
                "no url in [source]: \(HeraldSettings.defaultURL) is watched",
                "set url in [source] to say so yourself"
            )
        }
        source.caFile = readableFile("ca_file")
        source.databases = filter("source") ?? source.databases
        source.since = choice("source", "since") ?? source.since
        source.heartbeat = duration("source", "heartbeat", Self.intervals, example: "10s") ?? source.heartbeat
        source.rescan = duration("source", "rescan", Self.intervals, example: "5s") ?? source.rescan
        readCredentials(url, &source)
        return source
    }

    /// A fault of the configuration as a whole belongs to its last file.
    var nowhere: Place {
        Place(file: texts.last?.file ?? HeraldSettings.defaultPath, line: nil, layer: max(0, texts.count - 1))
    }

    private mutating func readCredentials(_ url: SourceURL?, _ source: inout SourceSettings) {
        let urlPlace = layers["source", "url"].map { Place($0) } ?? nowhere
        let username =
            fromEnvironment("HERALD_SOURCE_USERNAME") ?? key("username")
            ?? url?.username.map { Given(value: $0, place: urlPlace) }
        let environmentPassword = fromEnvironment("HERALD_SOURCE_PASSWORD")
        let keyPassword = key("password")
        let urlPassword = url?.password.map { Given(value: $0.reveal, place: urlPlace) }
        let passwordFile = path("source", "password_file")
        let tokenFile = path("source", "token_file")

        if let keyPassword, let passwordFile {
            faults.add(
                max(keyPassword.place, passwordFile.place),
                "password and password_file are both set",
                "remove one of them, in a later file by an empty value"
            )
        }
        if let tokenFile {
            source.tokenFile = readableSecret("source", "token_file")
            if username ?? environmentPassword ?? keyPassword ?? urlPassword != nil || passwordFile != nil {
                faults.add(
                    tokenFile.place,
                    "token_file is set together with a username or password",
                    "remove one of them; look into url and HERALD_SOURCE_USERNAME and HERALD_SOURCE_PASSWORD too"
                )
            }
            return
        }
        source.username = username?.value
        if let given = environmentPassword ?? keyPassword {
            source.password = Secret(given.value)
        } else if passwordFile != nil {
            source.passwordFile = readableSecret("source", "password_file")
        } else if let urlPassword {
            source.password = Secret(urlPassword.value)
        }
        if let username, username.value.utf8.contains(UInt8(ascii: ":")) {
            faults.add(username.place, "the username has a colon", "choose a user whose name has none: HTTP forbids it")
        }
        let passwordPlace =
            (environmentPassword ?? keyPassword)?.place ?? passwordFile?.place ?? urlPassword?.place
        checkPair(username?.place, passwordPlace, isURLKnown: url != nil || source.isDefault)
    }

    private mutating func checkPair(_ username: Place?, _ password: Place?, isURLKnown: Bool) {
        // What is missing may stand in a url or a file that could not be read, which has a fault of its own.
        guard isURLKnown, isComplete else { return }
        if let username, password == nil {
            faults.add(
                username,
                "a username without a password",
                "set password, password_file or HERALD_SOURCE_PASSWORD"
            )
        }
        if let password, username == nil {
            faults.add(password, "a password without a username", "set username or HERALD_SOURCE_USERNAME")
        }
    }

    private func key(_ name: String) -> Given<String>? {
        layers["source", name].map { Given(value: $0.text, place: Place($0)) }
    }

    private mutating func fromEnvironment(_ name: String) -> Given<String>? {
        guard let value = environment[name], !value.isEmpty else { return nil }
        let place = Place(file: name, line: nil, layer: texts.count)
        if value.utf8.contains(where: \.isControl) {
            faults.add(place, "has a control character", "set it to one line of text")
        }
        return Given(value: value, place: place)
    }

    private mutating func readableFile(_ key: String) -> String? {
        guard let (path, place) = path("source", key) else { return nil }
        switch files.look(path) {
        case .absent(let reason):
            faults.add(place, "\(key): \(path) cannot be read: \(reason)", Self.pathHint)
        case .folder:
            faults.add(place, "\(key): \(path) is a folder", "name a file")
        case .file:
            if let reason = files.whyUnreadable(path) {
                faults.add(place, "\(key): \(path) cannot be read: \(reason)", "let this user read it")
            }
        }
        return path
    }

    /// The absolute path of the file that `key` names, which must hold a secret that can be read.
    mutating func readableSecret(_ section: String, _ key: String) -> String? {
        guard let (path, place) = path(section, key) else { return nil }
        do throws(Fault) {
            _ = try files.readSecret(path)
            if case .file(let mode) = files.look(path), mode & 0o077 != 0 {
                warnings.add(place, "\(key): others than its owner may read \(path)", "chmod 600 it")
            }
        } catch {
            faults.add(place, "\(key): \(path) \(error.message)", "\(error.hint); \(Self.pathHint)")
        }
        return path
    }

    static let pathHint = "relative paths start from the folder of the file in which they stand"
}

/// The later of two places.
private func max(_ a: SettingsReader.Place, _ b: SettingsReader.Place) -> SettingsReader.Place {
    (a.layer, a.line ?? 0) < (b.layer, b.line ?? 0) ? b : a
}
