import Testing

@testable import Processes

@Suite("The restart policy")
struct RestartPolicyTests {
    @Test("the pause is 100 ms, doubles to 30 s and stays there for ever")
    func doubling() {
        var policy = RestartPolicy()
        let pauses = (0..<12).map { _ in policy.pause(afterLifeOf: .zero) }
        #expect(pauses[..<9] == [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600].map { .milliseconds($0) }[...])
        #expect(pauses[9...] == [.seconds(30), .seconds(30), .seconds(30)])
        for _ in 0..<10_000 {
            let pause = policy.pause(afterLifeOf: .milliseconds(9_999))
            #expect(pause == .seconds(30))
        }
    }

    @Test("a life of 10 s makes it begin anew")
    func reset() {
        var policy = RestartPolicy()
        _ = (0..<5).map { _ in policy.pause(afterLifeOf: .zero) }
        let pauses = [10, 1].map { policy.pause(afterLifeOf: .seconds($0)) }
        #expect(pauses == [.milliseconds(100), .milliseconds(200)])
    }
}
