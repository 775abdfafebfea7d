import Testing

@testable import Processes

@Suite("A child's environment")
struct ChildEnvironmentTests {
    @Test("the service's credentials are withheld, everything else is inherited")
    func withheld() {
        let made = ChildEnvironment.make(
            inherited: ["HERALD_SOURCE_USERNAME": "u", "HERALD_SOURCE_PASSWORD": "p", "HOME": "/root", "EMPTY": ""]
        )
        #expect(made == ["HOME": "/root", "EMPTY": ""])
    }

    @Test("extra pairs win over what is inherited, the later over the earlier, and may name what is withheld")
    func extra() {
        let made = ChildEnvironment.make(
            inherited: ["A": "1", "SECRET": "s"],
            extra: [("A", "2"), ("B", "x=y"), ("A", "3"), ("SECRET", "given")],
            withheld: ["SECRET"]
        )
        #expect(made == ["A": "3", "B": "x=y", "SECRET": "given"])
    }

    @Test("the folder comes first on PATH, whoever set it, and the usual one follows where none is set")
    func path() {
        #expect(ChildEnvironment.make(inherited: ["PATH": "/a:/b"], firstOnPath: "/h")["PATH"] == "/h:/a:/b")
        #expect(
            ChildEnvironment.make(inherited: ["PATH": "/a"], extra: [("PATH", "/c")], firstOnPath: "/h")["PATH"]
                == "/h:/c"
        )
        #expect(ChildEnvironment.make(inherited: [:], firstOnPath: "/h")["PATH"] == "/h:/usr/local/bin:/usr/bin:/bin")
        #expect(ChildEnvironment.make(inherited: ["PATH": ""], firstOnPath: "/h")["PATH"]?.hasPrefix("/h:/usr") == true)
        #expect(ChildEnvironment.make(inherited: [:])["PATH"] == nil)
    }

    @Test("inherited names that no child can be given are left out")
    func impossibleNames() {
        #expect(ChildEnvironment.make(inherited: ["1A": "x", "": "y", "B": "z"]) == ["B": "z"])
    }

    @Test("the environment of this process can be read")
    func ofThisProcess() {
        #expect(ChildEnvironment.ofThisProcess()["PATH"]?.isEmpty == false)
    }
}
