import Settings

/// Which databases a notifier is told of: those that the source has and that it asks for.
struct DatabaseChoice: Sendable {
    private let source: DatabaseFilter
    private let own: DatabaseFilter?

    /// No pattern has it in it.
    private static let separator: Character = "\n"

    init(source: DatabaseFilter, own: DatabaseFilter?) {
        self.source = source
        self.own = own
    }

    /// The choice that ``text`` told; `nil` if it tells none.
    init?(text: String) {
        let parts = text.split(separator: Self.separator, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let source = try? DatabaseFilter(String(parts[0])) else { return nil }
        guard !parts[1].isEmpty else {
            self.init(source: source, own: nil)
            return
        }
        guard let own = try? DatabaseFilter(String(parts[1])) else { return nil }
        self.init(source: source, own: own)
    }

    var text: String { "\(source.description)\(Self.separator)\(own?.description ?? "")" }

    func wants(_ database: String) -> Bool {
        source.matches(database) && own?.matches(database) ?? true
    }
}

extension NotifierSettings {
    /// Whether lines that it has not read may become one: not those that tell of single changes, nor those that are
    /// answered one by one, unless it was asked for.
    var mergesLines: Bool {
        switch merge {
        case .whenBehind: detail == .plain && confirmation == nil
        case .debounce: true
        case .never: false
        }
    }

    /// Whether its lines are made of single rows: their text, or the seq that each of them confirms.
    var needsRows: Bool {
        detail != .plain || confirmation != nil && !mergesLines
    }
}
