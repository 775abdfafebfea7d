/// What a notifier with rich lines was told, by one Herald after the other, judged by what was really done.
///
/// Between two Heralds it may step back and be told again. What it is told by one of them goes forward, but for one step
/// back in each database, where it joins the feed that it shares with others (`DESIGN.md`, "Catching up").
struct Witness {
    /// A place in all that ever happened to a database.
    private struct Place: Comparable, Hashable {
        var life: Int
        /// 0 is the creation, then two for each change, then the deletion.
        var step: Int

        static let end = Int.max

        static func < (a: Place, b: Place) -> Bool { (a.life, a.step) < (b.life, b.step) }
    }

    private enum Word: Equatable {
        case unknown, alive, gone
    }

    /// What it was told of one database.
    private struct Account {
        var told: Set<Place> = []
        var farthest: Place?
        var word = Word.unknown
        /// The number of the change that it was told last, for each document of the life that it knows of.
        var known: [String: Int] = [:]
        // By this Herald:
        var latest: Place?
        var toldNow: Set<Place> = []
        var hasWord = false
        var hasJoined = false
    }

    /// What should not be.
    private(set) var faults: [String] = []
    /// How many lines it was told that the Heralds before this one had told it.
    private(set) var repeats = 0
    private var accounts: [String: Account] = [:]
    private let joinsOften: Bool

    /// - Parameter joinsOften: Whether one Herald joins the feeds again and again, as others come or the server's settings
    ///   change: then each time it may step back to what it has told.
    init(joinsOften: Bool = false) {
        self.joinsOften = joinsOften
    }

    /// Another Herald begins to tell.
    mutating func begin() {
        repeats = 0
        accounts = accounts.mapValues { account in
            var account = account
            account.latest = nil
            account.toldNow = []
            account.hasWord = false
            account.hasJoined = false
            return account
        }
    }

    mutating func hear(_ lines: [[UInt8]], _ truth: [String: [Chronicle.Life]]) {
        for line in lines {
            guard let told = ToldLine(line) else {
                faults.append("no line: \(String(decoding: line, as: UTF8.self))")
                continue
            }
            guard let place = place(of: told, truth) else {
                faults.append("never happened: \(String(decoding: line, as: UTF8.self))")
                continue
            }
            // Taken out and put back, so that it is changed in place.
            var account = accounts.removeValue(forKey: told.database) ?? Account()
            if let why = hear(told, place, &account) {
                let latest = account.latest.map { "\($0)" } ?? "nothing"
                faults.append("\(why): \(String(decoding: line, as: UTF8.self)) at \(place) after \(latest)")
            }
            account.latest = place
            account.farthest = max(account.farthest ?? place, place)
            let isFirst = account.toldNow.insert(place).inserted
            if !account.told.insert(place).inserted, isFirst { repeats += 1 }
            accounts[told.database] = account
        }
    }

    /// What is wrong with the line, if anything is.
    private func hear(_ line: ToldLine, _ place: Place, _ account: inout Account) -> String? {
        defer { account.hasWord = account.hasWord || line.kind == .created || line.kind == .deleted }
        let isAhead = account.latest.map { $0 < place } ?? true
        switch line.kind {
        case .created:
            let isTrue = account.word != .alive || !account.hasWord
            account.word = .alive
            account.known = [:]
            return isTrue ? isAhead ? nil : "not in order" : "created twice"
        case .deleted:
            let isTrue = account.word == .alive || !account.hasWord && account.told.contains(place)
            account.word = .gone
            return isTrue ? isAhead ? nil : "not in order" : "deleted and not there"
        case .updated, .designUpdated:
            // Stepping back may lead to before a deletion that it has been told of already.
            let isBack = !account.hasWord && account.told.contains(place)
            guard account.word == .alive || isBack else { return "a change in what is not there" }
            account.word = .alive
            guard let id = line.id else { return "no id" }
            account.known[id] = place.step
            if !isAhead, !account.hasJoined, place.life == account.latest?.life {
                account.hasJoined = true
                return nil
            }
            if isAhead { return nil }
            guard account.told.contains(place) else { return "not in order" }
            return joinsOften ? nil : "told again, not in order"
        }
    }

    private func place(of line: ToldLine, _ truth: [String: [Chronicle.Life]]) -> Place? {
        guard let lives = truth[line.database], let life = lives.lastIndex(where: { $0.instance == line.instance })
        else { return nil }
        switch line.kind {
        case .created: return Place(life: life, step: 0)
        case .deleted: return lives[life].isOver ? Place(life: life, step: Place.end) : nil
        case .updated, .designUpdated:
            guard let id = line.id, let rev = line.rev,
                let number = lives[life].numbers[Chronicle.Change(id: id, rev: rev, isDeleted: line.isDeleted)]
            else { return nil }
            let isSecond = line.kind == .designUpdated
            guard !isSecond || id.hasPrefix("_design/") else { return nil }
            return Place(life: life, step: 1 + 2 * number + (isSecond ? 1 : 0))
        }
    }

    /// What it does not know by now, or knows wrongly.
    func ignorance(_ truth: [String: [Chronicle.Life]]) -> [String] {
        truth.sorted { $0.key < $1.key }.flatMap { name, lives -> [String] in
            guard let account = accounts[name], let life = lives.last else { return ["\(name) as a whole"] }
            guard !life.isOver else { return account.word == .gone ? [] : ["that \(name) was deleted"] }
            guard account.word == .alive, account.farthest?.life == lives.count - 1 else {
                return ["that \(name) was created"]
            }
            return life.latest.compactMap { id, number in
                // The second line of a design document is the last one.
                let step = 1 + 2 * number + (id.hasPrefix("_design/") ? 1 : 0)
                return account.known[id] == step ? nil : "\(name): \(life.changes[number])"
            }
        }
    }

    /// Whether it was told of all up to this change of this life, less what was overtaken since.
    func knows(_ name: String, _ instance: String, upTo number: Int, _ truth: [String: [Chronicle.Life]]) -> [String] {
        guard let account = accounts[name], let index = truth[name]?.lastIndex(where: { $0.instance == instance }),
            let life = truth[name]?[index]
        else { return ["\(name) as a whole"] }
        return life.latest.compactMap { id, latest in
            guard latest < number else { return nil }
            let step = 1 + 2 * latest + (id.hasPrefix("_design/") ? 1 : 0)
            return account.told.contains(Place(life: index, step: step)) ? nil : "\(name): \(life.changes[latest])"
        }
    }
}

/// What a notifier with plain lines was told: it can be judged less closely, since they do not tell which change or
/// which life they are about.
struct PlainWitness {
    private struct Account {
        var isAlive: Bool?
        var hasWord = false
        /// Lines since it was last created.
        var updates = 0
        /// Lines by this Herald.
        var news = 0
    }

    /// What should not be.
    private(set) var faults: [String] = []
    private var accounts: [String: Account] = [:]

    /// Another Herald begins to tell.
    mutating func begin() {
        accounts = accounts.mapValues { account in
            var account = account
            account.hasWord = false
            account.news = 0
            return account
        }
    }

    mutating func hear(_ lines: [[UInt8]]) {
        for line in lines {
            guard let told = ToldLine(line) else {
                faults.append("no line: \(String(decoding: line, as: UTF8.self))")
                continue
            }
            var account = accounts.removeValue(forKey: told.database) ?? Account()
            switch told.kind {
            case .created, .deleted:
                let isAlive = told.kind == .created
                if account.isAlive == isAlive, account.hasWord { faults.append("\(told.kind) twice: \(told.database)") }
                account.isAlive = isAlive
                account.hasWord = true
                if isAlive { account.updates = 0 }
            case .updated, .designUpdated:
                if account.isAlive != true { faults.append("a change in what is not there: \(told.database)") }
                if told.kind == .updated {
                    account.updates += 1
                    account.news += 1
                }
            }
            accounts[told.database] = account
        }
    }

    /// What it does not know by now: whether each database is there, and that something happened in each since this
    /// Herald began; and there is a line, at least, for each document.
    func ignorance(_ truth: [String: [Chronicle.Life]]) -> [String] {
        truth.sorted { $0.key < $1.key }.compactMap { name, lives in
            guard let account = accounts[name], let life = lives.last else { return "\(name) as a whole" }
            guard account.isAlive == !life.isOver else {
                return "that \(name) was \(life.isOver ? "deleted" : "created")"
            }
            guard !life.isOver else { return nil }
            guard account.news > 0 else { return "the news of \(name)" }
            return account.updates >= life.latest.count ? nil : "\(life.latest.count - account.updates) of \(name)"
        }
    }
}
