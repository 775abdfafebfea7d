/// The name among `known` that a person most likely meant by `text`: at most three edits away, and fewer than half of it.
public func nearestName(to text: String, among known: [String]) -> String? {
    let distances = known.map { (name: $0, distance: editDistance(text.lowercased().bytes, $0.lowercased().bytes)) }
    let nearest = distances.min { $0.distance < $1.distance }
    guard let nearest, nearest.distance <= min(3, max(1, nearest.name.utf8.count / 2)) else { return nil }
    return nearest.name
}

/// How many insertions, removals and replacements make `a` of `b`; more than 3 may be told as any number above 3.
func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    guard abs(a.count - b.count) <= 3, a.count <= 256 else { return Int.max }
    var previous = Array(0...b.count)
    for (i, byte) in a.enumerated() {
        var row = [i + 1]
        row.reserveCapacity(b.count + 1)
        for (j, other) in b.enumerated() {
            row.append(min(previous[j] + (byte == other ? 0 : 1), previous[j + 1] + 1, row[j] + 1))
        }
        previous = row
    }
    return previous[b.count]
}
