import NIOConcurrencyHelpers
import Processes
import Testing

@Suite("When a daemon has failed too often")
struct FailureWindowTests {
    private static let start = ContinuousClock.now

    /// How many lives of this length there are before the halt; `nil` if there is none within 1,000.
    private func lives(of life: Duration, _ limits: FailureWindow.Limits = .init()) -> Int? {
        var window = FailureWindow { limits }
        for count in 1...1000 where window.afterEnd(ofLife: life, at: Self.start + life * count) == .halt {
            return count
        }
        return nil
    }

    @Test("As CouchDB did: 'sleep 1' halts at its third death, 'sleep 2' too, 'sleep 2.7' never")
    func defaults() {
        #expect(lives(of: .zero) == 3)
        #expect(lives(of: .seconds(1)) == 3)
        #expect(lives(of: .seconds(2)) == 3)
        #expect(lives(of: .milliseconds(2700)) == nil)
    }

    @Test("A failure just as old as the window still counts")
    func edge() {
        #expect(lives(of: .milliseconds(2500)) == 3)
        #expect(lives(of: .microseconds(2_500_001)) == nil)
    }

    @Test("With one retry or none the first failure is one too many", arguments: [0, 1])
    func first(count: Int) {
        #expect(lives(of: .seconds(100), .init(count: count)) == 1)
    }

    @Test("Limits are read at each failure, and one that was forgotten counts no more")
    func live() {
        let limits = NIOLockedValueBox(FailureWindow.Limits())
        var window = FailureWindow { limits.withLockedValue { $0 } }
        _ = window.afterEnd(ofLife: .zero, at: Self.start)
        _ = window.afterEnd(ofLife: .zero, at: Self.start)
        #expect(window.failures(at: Self.start) == 2)
        #expect(window.failures(at: Self.start + .seconds(6)) == 0)
        limits.withLockedValue { $0.count = 10 }
        #expect(window.afterEnd(ofLife: .zero, at: Self.start) == .start(after: .zero))
        window.forget()
        #expect(window.failures(at: Self.start) == 0)
        limits.withLockedValue { $0 = .init(count: 2, time: .seconds(60)) }
        #expect(window.afterEnd(ofLife: .zero, at: Self.start) == .start(after: .zero))
        #expect(window.afterEnd(ofLife: .zero, at: Self.start + .seconds(60)) == .halt)
    }
}
