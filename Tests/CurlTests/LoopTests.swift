import NIOConcurrencyHelpers
import Testing

@testable import Curl

@Suite("The loop's thread")
struct LoopTests {
    @Test("Deadlines come out in order, however they went in", arguments: 0..<20)
    func deadlineOrder(seed: UInt64) {
        let start = ContinuousClock.now
        var queue = DeadlineQueue<Int>()
        var state = seed
        let delays = (0..<200).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 40) % 1000
        }
        for delay in delays { queue.insert(delay, at: start + .milliseconds(delay)) }
        var seen: [Int] = []
        while let next = queue.popFirst(notAfter: start + .milliseconds(499)) { seen.append(next) }
        #expect(seen == delays.filter { $0 <= 499 }.sorted())
        #expect(queue.first == delays.filter { $0 > 499 }.min())
    }

    @Test("Timers fire in order, and not when cancelled")
    func timers() async {
        let fired = NIOLockedValueBox<[Int]>([])
        await withCheckedContinuation { continuation in
            Task { @CurlLoop in
                CurlLoop.schedule(after: .milliseconds(20)) {
                    fired.withLockedValue { $0.append(20) }
                    continuation.resume()
                }
                let cancelled = CurlLoop.schedule(after: .milliseconds(10)) { fired.withLockedValue { $0.append(10) } }
                CurlLoop.schedule(after: .milliseconds(5)) { fired.withLockedValue { $0.append(5) } }
                CurlLoop.schedule(after: .zero) { fired.withLockedValue { $0.append(0) } }
                cancelled.cancel()
            }
        }
        #expect(fired.withLockedValue { $0 } == [0, 5, 20])
    }

    @Test("What is left for the end of a turn comes before the thread waits again, what that leaves too")
    func turnEnds() async {
        await withCheckedContinuation { continuation in
            Task { @CurlLoop in
                CurlLoop.atEndOfTurn {
                    CurlLoop.atEndOfTurn { continuation.resume() }
                }
            }
        }
    }

    @Test("Callbacks from C may take the isolation only on the thread itself")
    func isolation() async {
        let onLoop = await Task { @CurlLoop in CurlLoop.shared.executor.isIsolatingCurrentContext() }.value
        #expect(onLoop == true)
        #expect(CurlLoop.shared.executor.isIsolatingCurrentContext() == false)
    }

    @Test(
        "Of an answer's head, what is of interest is read",
        arguments: [
            ("Content-Type: application/json \r\n", "application/json", nil, nil),
            ("retry-after: 17\r\n", "", Duration.seconds(17), nil),
            ("Retry-After: 999999999\r\n", "", .seconds(86_400), nil),
            ("Retry-After: Fri, 20 Nov 2026 23:51:26 GMT\r\n", "", nil, nil), ("Retry-After: -5\r\n", "", nil, nil),
            ("LOCATION:https://example.org/\r\n", "", nil, "https://example.org/"), ("nonsense\r\n", "", nil, nil),
            (":\r\n", "", nil, nil),
        ] as [(String, String, Duration?, String?)]
    )
    func heads(line: String, type: String, retryAfter: Duration?, location: String?) {
        var head = ResponseHead(status: 200)
        Array(line.utf8).withUnsafeBytes { head.read(line: $0) }
        #expect(head.contentType == type)
        #expect(head.retryAfter == retryAfter)
        #expect(head.location == location)
    }
}
