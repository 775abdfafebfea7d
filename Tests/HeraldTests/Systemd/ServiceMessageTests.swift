import Testing

@testable import HeraldService

@Suite("What systemd is told")
struct ServiceMessageTests {
    @Test("Each message is made of the assignments that sd_notify(3) names")
    func messages() {
        #expect(ServiceMessage.ready("3 notifiers").text == "READY=1\nSTATUS=3 notifiers")
        #expect(
            ServiceMessage.reloading("reading", microseconds: 12_345_678).text
                == "RELOADING=1\nMONOTONIC_USEC=12345678\nSTATUS=reading"
        )
        #expect(ServiceMessage.stopping("stopping").text == "STOPPING=1\nSTATUS=stopping")
        #expect(ServiceMessage.status("ok").text == "STATUS=ok")
        #expect(ServiceMessage.watchdog.text == "WATCHDOG=1")
        #expect(ServiceMessage.watchdog.bytes == Array("WATCHDOG=1".utf8))
    }

    @Test("A status cannot add an assignment, nor command a terminal")
    func escaped() {
        #expect(ServiceMessage.status("a\nMAINPID=1\u{1B}[2J").text == #"STATUS=a\u000AMAINPID=1\u001B[2J"#)
    }

    private func settings(_ environment: [String: String]) -> ServiceManagerSettings {
        ServiceManagerSettings(environment: environment, pid: 7)
    }

    @Test("Without NOTIFY_SOCKET nothing is asked for")
    func unasked() {
        for environment in [[:], ["NOTIFY_SOCKET": ""], ["WATCHDOG_USEC": "30000000"]] {
            let settings = settings(environment)
            #expect(settings.address == nil && settings.watchdog == nil && settings.complaint == nil)
        }
    }

    @Test("A path and an abstract name are understood, and what else there may be is told")
    func addresses() {
        #expect(settings(["NOTIFY_SOCKET": "/run/systemd/notify"]).address == .file("/run/systemd/notify"))
        #expect(settings(["NOTIFY_SOCKET": "@/org/a b"]).address == .abstract("/org/a b"))
        let longest = "/" + String(repeating: "x", count: 106)
        #expect(settings(["NOTIFY_SOCKET": longest]).address == .file(longest))
        for socket in ["vsock:2:1234", "run/notify", "@", "/", longest + "x"] {
            let settings = settings(["NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "1"])
            #expect(settings.address == nil && settings.watchdog == nil)
            #expect(settings.complaint?.contains("'\(socket)'") == true)
        }
    }

    @Test("The watchdog is this process's, or nobody's in particular")
    func watchdog() {
        func watchdog(_ limit: String, pid: String? = nil) -> Duration? {
            var environment = ["NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": limit]
            environment["WATCHDOG_PID"] = pid
            return settings(environment).watchdog
        }
        #expect(watchdog("30000000") == .seconds(30))
        #expect(watchdog("30000000", pid: "7") == .seconds(30))
        #expect(watchdog("30000000", pid: "8") == nil)
        for limit in ["0", "-5", "soon", ""] {
            #expect(watchdog(limit) == nil)
            let complaint = settings(["NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": limit]).complaint
            #expect(complaint?.contains("'\(limit)'") == true)
        }
    }
}
