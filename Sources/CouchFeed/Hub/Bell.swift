import Curl

/// What the bell tells the hub, on the loop's thread.
@CurlLoop
protocol BellOwner: AnyObject {
    /// From now on it rings for what happens.
    func bellIsHeard()
    /// Something has happened to this database: a question, not an answer.
    func bellRang(for database: String, type: String)
    /// It has rung, or shown twice that it lives.
    func bellIsWell()
    /// It was connected, and has failed: a server may well end it in order after each ring (CouchDB 1.x).
    func bellBroke(why: String)
    /// It does not ring any more. `isForGood` where the server has no bell for this user.
    func bellFellSilent(why: String, isForGood: Bool, retryAfter: Duration?)
}

/// The server's `_db_updates`: a doorbell, not a record (`COUCHDB.md`).
///
/// Its rows come late, merged, in no reliable order and not always; but they
/// come within half a second, mostly, and cost nothing while nothing happens.
@CurlLoop
final class Bell: TransferDelegate {
    private unowned let owner: any BellOwner
    private var transfer: Transfer?
    private var half: [UInt8] = []
    private var head: ResponseHead?
    private var body: [UInt8] = []
    private(set) var lastHeard = ContinuousClock.now
    private(set) var isHeard = false
    private var lineCount = 0

    private static let lineLimit = 1 << 20

    init(owner: any BellOwner) {
        self.owner = owner
    }

    var isConnected: Bool { transfer != nil }

    /// `heartbeat` is how often the server is to be heard of. The server may take
    /// twice the interval that it is asked for (117), so it is asked for half.
    func start(_ address: ServerAddress, heartbeat: Duration) {
        guard transfer == nil else { return }
        do {
            let milliseconds = max(heartbeat.wholeMilliseconds / 2, 1)
            let request = try address.request("/_db_updates?feed=continuous&since=now&heartbeat=\(milliseconds)")
            half = []
            body = []
            head = nil
            isHeard = false
            lineCount = 0
            lastHeard = .now
            let transfer = Transfer(request, delegate: self)
            self.transfer = transfer
            transfer.start()
        } catch {
            owner.bellFellSilent(why: "\(error)", isForGood: false, retryAfter: nil)
        }
    }

    func stop() {
        transfer?.cancel()
        transfer = nil
        isHeard = false
    }

    // MARK: TransferDelegate

    func transfer(_ transfer: Transfer, answered head: ResponseHead) {
        lastHeard = .now
        self.head = head
        guard head.status == 200 else { return }
        isHeard = true
        owner.bellIsHeard()
    }

    func transfer(_ transfer: Transfer, received bytes: UnsafeRawBufferPointer) -> Reception {
        lastHeard = .now
        guard isHeard else {
            if body.count < 64 * 1024 { body.append(contentsOf: bytes) }
            return .taken
        }
        half.append(contentsOf: bytes)
        while let end = half.firstIndex(of: 0x0A) {
            lineCount += 1
            // The first blank line only says that the server has answered.
            if lineCount == 2 || end > 1 { owner.bellIsWell() }
            read(Array(half[..<end]))
            half.removeFirst(end + 1)
        }
        return half.count > Self.lineLimit ? .enough : .taken
    }

    func transfer(_ transfer: Transfer, ended end: TransferEnd) {
        self.transfer = nil
        let wasHeard = isHeard
        isHeard = false
        // A server that answers one event at a time (CouchDB 1.x) may leave out the line's end.
        if wasHeard, !half.isEmpty { read(half) }
        if case .failed(let failure) = end {
            if wasHeard { owner.bellBroke(why: failure.message) }
            return owner.bellFellSilent(why: failure.message, isForGood: false, retryAfter: nil)
        }
        guard !wasHeard else { return owner.bellFellSilent(why: "it ended", isForGood: false, retryAfter: nil) }
        let (why, isForGood, retryAfter): (String, Bool, Duration?) =
            switch Answer(.success(Response(head: head ?? ResponseHead(status: 0), body: body))) {
            case .unavailable(let why, let retryAfter): (why, false, retryAfter)
            case .missing: ("404, it has no _global_changes database", true, nil)
            case .refused(let refusal): (refusal.why, true, nil)
            case .unsupported(let why): (why, true, nil)
            case .ok: ("an answer of \(head?.status ?? 0)", false, nil)
            }
        owner.bellFellSilent(why: why, isForGood: isForGood, retryAfter: retryAfter)
    }

    /// `{"db_name":"...","type":"created|updated|deleted",...}`; anything else, the last line too, says nothing.
    private func read(_ line: [UInt8]) {
        var name: String?
        var type: String?
        line.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            _ = scanner.members { scanner, key in
                if key.equals("db_name") {
                    name = scanner.optionalText()
                } else if key.equals("type") {
                    type = scanner.optionalText()
                } else {
                    return scanner.value() != nil
                }
                return true
            }
        }
        if let name, let type { owner.bellRang(for: name, type: type) }
    }
}

extension Duration {
    var wholeMilliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
