import Control
import Testing

@Suite("Names of notifiers and daemons")
struct ChildNameTests {
    @Test("A name may say of which kind it is")
    func kinds() {
        #expect(ChildName("x") == ChildName(name: "x"))
        #expect(ChildName("daemon:x") == ChildName(kind: .daemon, name: "x"))
        #expect(ChildName("notifier:a:b") == ChildName(kind: .notifier, name: "a:b"))
    }
}
