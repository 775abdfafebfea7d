extension StatusReport {
    /// What is not well, worst first: what is down before what is late, then the server, the store and the
    /// configuration before databases, notifiers and daemons, these by name.
    ///
    /// While the server is not reached, the feeds of its databases are not named one by one: they wait for nothing else.
    public var problems: [Problem] {
        var problems = herald.configuration.problems + server.problems + store.problems
        if server.state == .reachable {
            problems += databases.sorted { $0.key < $1.key }.flatMap { $1.problems($0) }
        }
        problems += notifiers.sorted { $0.key < $1.key }.flatMap { name, notifier in
            notifier.problems(name, called: daemons[name] == nil ? name : "notifier:\(name)")
        }
        problems += daemons.sorted { $0.key < $1.key }.flatMap { name, daemon in
            daemon.problems(name, called: notifiers[name] == nil ? name : "daemon:\(name)")
        }
        return problems.filter(\.isDown) + problems.filter { !$0.isDown }
    }
}

extension StatusReport {
    /// How things are, in a line: `all is well`, or how many problems there are and the worst of them.
    public var verdict: String {
        let problems = problems
        guard let worst = problems.first else { return "all is well" }
        return problems.count == 1 ? "\(worst)" : "\(problems.count) problems, the worst: \(worst)"
    }
}

extension Problem.Subject: CustomStringConvertible {
    /// In words: `server`, `notifier warmer`.
    public var description: String {
        switch self {
        case .configuration: "configuration"
        case .server: "server"
        case .store: "store"
        case .database(let name): "database \(name)"
        case .notifier(let name): "notifier \(name)"
        case .daemon(let name): "daemon \(name)"
        }
    }
}

extension Problem: CustomStringConvertible {
    /// `notifier warmer: dies again and again: exited with status 1`.
    public var description: String { "\(subject): \(text)" }
}

extension ServerStatus {
    fileprivate var problems: [Problem] {
        let reason = lastError.map { ": \($0.text)" } ?? ""
        switch state {
        case .reachable: return []
        case .unknown:
            let hint = "see whether it runs, and whether [source] url is right"
            return [Problem(.server, isDown: true, "has not answered yet\(reason)", hint: hint)]
        case .unreachable:
            let hint = "see whether it runs, and whether [source] url is right"
            return [Problem(.server, isDown: true, "cannot be reached\(reason)", hint: hint)]
        case .refused:
            let hint = "check the credentials in [source]"
            return [Problem(.server, isDown: true, "does not let Herald in\(reason)", hint: hint)]
        case .stranger:
            let hint = "bring the first one back, or restart herald with another state_dir"
            return [Problem(.server, isDown: true, "another one answers at its address\(reason)", hint: hint)]
        }
    }
}

extension StoreStatus {
    fileprivate var problems: [Problem] {
        guard isInPlace else {
            return [
                Problem(
                    .store,
                    isDown: true,
                    "was removed or replaced: what is saved is lost",
                    hint: "put it back while herald is stopped, or restart herald to begin anew"
                )
            ]
        }
        guard let lastError else { return [] }
        return [
            Problem(
                .store,
                isDown: true,
                "cannot be saved: \(lastError.text)",
                hint: "make room and mend its rights; it is saved as soon as it can be"
            )
        ]
    }
}

extension ConfigurationStatus {
    fileprivate var problems: [Problem] {
        guard let first = faults.first else { return [] }
        let others = faults.count == 1 ? "" : " (and \(faults.count - 1) more)"
        return [
            Problem(
                .configuration,
                isDown: false,
                "has faults, the old one goes on: \(first)\(others)",
                hint: "mend the file and save it: it is read again by itself"
            )
        ]
    }
}

extension DatabaseStatus {
    /// One feed that waits is late, not down: feeds are cut and opened again as a matter of course.
    fileprivate func problems(_ name: String) -> [Problem] {
        guard feed == .waiting, let lastError else { return [] }
        return [
            Problem(
                .database(name),
                isDown: false,
                "its feed broke: \(lastError.text)",
                hint: "it is opened again by itself; if that lasts, see the server's log"
            )
        ]
    }
}

extension NotifierStatus {
    /// A notifier that keeps up within this time, in seconds, is not complained about.
    private static let tolerableLag = 60.0

    /// - Parameter handle: by what the command line knows it.
    fileprivate func problems(_ name: String, called handle: String) -> [Problem] {
        var problems: [Problem] = []
        func add(isDown: Bool = false, _ text: String, hint: String) {
            problems.append(Problem(.notifier(name), isDown: isDown, text, hint: hint))
        }
        switch process.state {
        // It has been started again, but so it was before.
        case .starting where failures > 1, .running where failures > 1, .waiting where failures > 1:
            add(isDown: true, "dies again and again\(process.end)", hint: process.hint(lastError))
        case .halted: add(isDown: true, "is halted\(process.end)", hint: "herald start \(handle)")
        case .stopped: add("was stopped by hand", hint: "herald start \(handle)")
        case .starting, .running, .waiting, .stopping: break
        }
        if delivery != .live, lag > Self.tolerableLag, process.state != .stopped {
            let what = delivery == .behind ? "is" : "catches up,"
            add("\(what) \(Self.words(lag)) behind", hint: "it reads slowly: see what it waits for")
        }
        if deadLetters > 0 {
            add(deadLetters == 1 ? "1 dead letter" : "\(deadLetters) dead letters", hint: "herald dead list")
        }
        return problems
    }

    /// A time in its largest unit: `2 min`.
    private static func words(_ seconds: Double) -> String {
        switch seconds {
        case ..<120: "\(Int(seconds)) s"
        case ..<7200: "\(Int(seconds / 60)) min"
        case ..<172_800: "\(Int(seconds / 3600)) h"
        default: "\(Int(min(seconds, 1e15) / 86_400)) days"
        }
    }
}

extension DaemonStatus {
    fileprivate func problems(_ name: String, called handle: String) -> [Problem] {
        switch process.state {
        case .halted:
            let text = "is halted, it died too often\(process.end)"
            return [Problem(.daemon(name), isDown: true, text, hint: "mend it, then: herald start \(handle)")]
        case .stopped:
            return [Problem(.daemon(name), isDown: false, "was stopped by hand", hint: "herald start \(handle)")]
        case .starting, .running, .waiting:
            // Any other program could die once. One that dies at a pace that is just allowed is never halted.
            guard failures > 1 else { return [] }
            let text = "dies again and again\(process.end)"
            return [Problem(.daemon(name), isDown: false, text, hint: process.hint(lastError))]
        case .stopping: return []
        }
    }
}

extension ProcessStatus {
    /// What to do about one that dies again and again.
    fileprivate func hint(_ lastError: Mishap?) -> String {
        switch lastEnd?.text {
        // With which the shell says so: sh(1), "Exit status".
        case "exited with status 127": "its command was not found: mend the command, or install the program"
        case "exited with status 126": "its command cannot be executed: see its permissions and first line"
        case _ where lastError != nil: "see its last error, and herald's log; it is started again by itself"
        case _ where lastWords != nil: "see its last words, and herald's log; it is started again by itself"
        default: "see herald's log; it is started again by itself"
        }
    }

    fileprivate var end: String { lastEnd.map { ": \($0.text)" } ?? "" }
}
