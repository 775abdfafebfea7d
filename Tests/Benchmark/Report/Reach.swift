/// One thing that Herald is to reach, and how far it has come.
struct Reach {
    var what: String
    var found: String
    var isReached: Bool

    /// For figures of which less is better.
    static func atMost(_ limit: Double, _ what: String, _ value: Double, _ found: String) -> Reach {
        Reach(what: what, found: found, isReached: value <= limit)
    }
}

/// What the parts have to say.
struct Report {
    var sections: [String] = []
    var reaches: [Reach] = []

    var text: String {
        var text = sections.joined(separator: "\n")
        guard !reaches.isEmpty else { return text }
        var table = Table(["reach", "found", ""])
        for reach in reaches { table.append([reach.what, reach.found, reach.isReached ? "yes" : "NO"]) }
        text += "\n" + table.text
        return text
    }
}
