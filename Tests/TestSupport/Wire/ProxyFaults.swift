/// What a ``FaultProxy`` does to answers. All faults are looked at again for every piece of every answer, so that they
/// can be switched while a feed runs.
public struct ProxyFaults: Sendable {
    /// A cut of the connection.
    public struct Cut: Sendable {
        /// How many bytes of the answer to the latest request come before it, head and framing included.
        public var after: Int
        /// Whether the client sees a reset, not an end.
        public var reset: Bool
        /// Whether it comes later where it would come right behind a line end, so that it is in the middle of something.
        public var isWithinLine: Bool

        /// A cut after so many bytes.
        public init(after: Int, reset: Bool = false, isWithinLine: Bool = false) {
            self.after = after
            self.reset = reset
            self.isWithinLine = isWithinLine
        }

        /// How many of the bytes of `pending`, which come after `passed` others, come before it; nil if all of them do.
        func place(in pending: ArraySlice<UInt8>, passed: Int) -> Int? {
            var place = max(0, after - passed)
            if isWithinLine {
                // A piece before this one would have been cut, had it not ended with a line.
                place = max(1, place)
                while place <= pending.count, pending[pending.startIndex + place - 1] == 0x0A { place += 1 }
            }
            return place <= pending.count ? place : nil
        }
    }

    /// Bytes that the server did not send.
    public struct Injection: Sendable {
        /// Before which byte of the answer they come, counted from 0, head and framing included.
        public var at: Int
        /// What is sent.
        public var bytes: [UInt8]

        /// `bytes` before the byte `at` of the answer.
        public init(at: Int, _ bytes: [UInt8]) {
            self.at = at
            self.bytes = bytes
        }
    }

    /// Where the connection is cut.
    public var cut: Cut?
    /// Whether nothing of an answer is passed on; what came meanwhile comes when it is switched off.
    public var isStalled = false
    /// How fast answers come at most.
    public var bytesPerSecond: Int?
    /// What is put into an answer, once.
    public var injection: Injection?
    /// How many of 100 requests are answered by the proxy itself with 503.
    public var unavailablePercent = 0
    /// How many of 100 answers are cut in the middle of a line, each at a place of its own in ``places``.
    public var cutPercent = 0
    /// How many of 100 answers say nothing more from such a place on, while the connection stays open.
    public var stallPercent = 0
    /// How many bytes of an answer come before it is cut or stalls, head and framing included. Shorter ones come whole.
    public var places = 1...4096
    /// The seconds of `Retry-After` in such an answer; nil for none.
    public var retryAfter: Int? = 1

    /// No fault.
    public init() {}

    /// No fault.
    public static let none = ProxyFaults()

    /// Faults as `change` sets them.
    public static func with(_ change: (inout ProxyFaults) -> Void) -> ProxyFaults {
        var faults = ProxyFaults()
        change(&faults)
        return faults
    }
}

/// What to do with the next bytes of an answer: a pure decision.
struct ProxyStep: Equatable {
    /// What is sent now.
    var send: [UInt8]
    /// How many of the bytes that came are thereby done with.
    var used: Int
    /// Whether the injection is among what is sent.
    var injects: Bool
    /// Whether the connection is cut then.
    var cuts: Bool

    /// The step for `pending`, bytes that came after `passed` others of the same answer.
    init(_ faults: ProxyFaults, pending: ArraySlice<UInt8>, passed: Int, hasInjected: Bool) {
        var end = pending.count
        if let speed = faults.bytesPerSecond {
            end = min(end, max(1, speed / 50))
        }
        let place = faults.cut.flatMap { $0.place(in: pending, passed: passed) }
        if let place { end = min(end, place) }
        send = []
        injects = false
        if let injection = faults.injection, !hasInjected, injection.at <= passed + end {
            let before = max(0, injection.at - passed)
            send = Array(pending.prefix(before)) + injection.bytes
            injects = true
            send += pending.prefix(end).dropFirst(before)
        } else {
            send = Array(pending.prefix(end))
        }
        used = end
        cuts = place == end
    }
}
