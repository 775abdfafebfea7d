import Curl

/// Asks what many databases are, a few requests at a time and many databases in
/// one request where the server can do that.
@CurlLoop
final class InfoDesk {
    private let client: ServerClient
    private let answered: @CurlLoop (String, Answer<DatabaseInfo>) -> Void
    private var names: [String] = []
    /// Those that a question for many left open.
    private var single: [String] = []
    private var underWay = 0
    private var isPumping = false
    private var canAskMany = true

    /// More at once would only make the server slower for others.
    private static let mostUnderWay = 4

    init(_ client: ServerClient, answered: @escaping @CurlLoop (String, Answer<DatabaseInfo>) -> Void) {
        self.client = client
        self.answered = answered
    }

    /// Asks soon; what is asked for within the same turn of the loop goes together.
    func ask(_ name: String) {
        names.append(name)
        pumpSoon()
    }

    /// Forgets what has not been asked yet, and gives it back.
    func withdraw() -> [String] {
        defer {
            names = []
            single = []
            canAskMany = true
        }
        return names + single
    }

    private func pumpSoon() {
        guard !isPumping else { return }
        isPumping = true
        CurlLoop.atEndOfTurn { [weak self] in self?.pump() }
    }

    private func pump() {
        isPumping = false
        while underWay < Self.mostUnderWay {
            if canAskMany, names.count > 1 {
                let some = Array(names.prefix(ServerClient.mostAtOnce))
                names.removeFirst(some.count)
                askMany(some)
            } else if let name = single.popLast() ?? names.popLast() {
                askOne(name)
            } else {
                return
            }
        }
    }

    private func askOne(_ name: String) {
        underWay += 1
        client.info(of: name) { [weak self] answer in
            guard let self else { return }
            underWay -= 1
            answered(name, answer)
            pumpSoon()
        }
    }

    private func askMany(_ some: [String]) {
        underWay += 1
        client.infos(of: some) { [weak self] answer in
            guard let self else { return }
            underWay -= 1
            switch answer {
            case .ok(let infos):
                for name in some {
                    if let info = infos[name] {
                        answered(name, .ok(info))
                    } else {
                        // Its own 404 is wanted as proof.
                        single.append(name)
                    }
                }
            case .unavailable:
                // Perhaps it is this question that fails, by a proxy that lets no POST through, or by one bad database.
                single += some
            case .missing, .refused, .unsupported:
                canAskMany = false
                names = some + names
            }
            pumpSoon()
        }
    }
}
