import Glibc
import Testing

@testable import Processes

extension RealProcesses {
    @Suite("How a child is started", .serialized)
    struct Start {
        @Test("the command line is a shell's: quotes, variables and redirections work")
        func shell() async throws {
            let child = try TestChild(
                #"printf '%s|' "a b" "$GREETING" 'c"d' plain > out; exec sleep 1000"#,
                extra: [("GREETING", #"x, "y" $z"#)]
            )
            try await eventually("the file is whole") { child.read("out") == #"a b|x, "y" $z|c"d|plain|"# }
            try await child.stop()
        }

        @Test("the process that is watched is the command's own, not a shell's")
        func exec() async throws {
            let child = try TestChild(#"sh -c 'echo $$ > pid; exec cat'"#)
            let pid = try await child.runs()
            #expect(try await child.readLines("pid") == ["\(pid)"])
            try await child.stop()
        }

        @Test("it gets the environment that was made for it, and no other")
        func environment() async throws {
            let child = try TestChild(
                "sh -c 'env > out; echo end > end; exec cat'",
                extra: [("HERALD_NOTIFIER", "x"), ("TEXT", "a=b\nc")]
            )
            _ = try await child.readLines("end")
            let made = child.supervisor.command.environment
            let seen = try #require(child.read("out"))
            #expect(seen.contains("HERALD_NOTIFIER=x\n"))
            #expect(seen.contains("TEXT=a=b\nc\n"))
            for line in seen.split(separator: "\n") where line.contains("=") {
                let name = String(line.prefix { $0 != "=" })
                #expect(made[name] != nil || ["PWD", "OLDPWD", "SHLVL", "_"].contains(name), "\(name)")
            }
            try await child.stop()
        }

        @Test("no other descriptor of ours is in it, also such as were made without close-on-exec")
        func descriptors() async throws {
            var pipe: [CInt] = [-1, -1]
            #expect(Glibc.pipe(&pipe) == 0)
            defer {
                close(pipe[0])
                close(pipe[1])
            }
            // Not a number of our choice: it may be that of a connection of another test.
            let high = fcntl(pipe[0], F_DUPFD, 200)
            #expect(high >= 200)
            defer { close(high) }
            let child = try TestChild(
                #"sh -c 'n=0; l=; while [ $n -le \#(high) ]; do [ -e /proc/$$/fd/$n ] && l="$l $n"; n=$((n+1)); done; echo $l > out; exec cat'"#
            )
            #expect(try await child.readLines("out") == ["0 1 2"])
            try await child.stop()
        }

        @Test("it leads a session and a process group of its own")
        func session() async throws {
            let child = try TestChild(#"sh -c 'read -r stat < /proc/$$/stat; echo "$stat" > stat; exec cat'"#)
            let pid = try await child.runs()
            let fields = try await child.readLines("stat")[0].split(separator: " ")
            #expect(fields[0] == "\(pid)" && fields[4] == "\(pid)" && fields[5] == "\(pid)")
            #expect(fields[6] == "0", "it has no terminal")
            try await child.stop()
        }

        @Test("SIGPIPE, which the service ignores, is deadly to a child as usual")
        func brokenPipeSignal() async throws {
            SignalDefaults.ignoreBrokenPipes()
            let child = try TestChild(#"sh -c 'kill -PIPE $$; echo survived'"#)
            try await child.logs("was killed by SIGPIPE (13)")
            #expect(!child.log.contains("survived"))
            try await child.stop()
        }

        @Test("a working directory that is not there is an end like any other, with a hint")
        func noFolder() async throws {
            let child = try TestChild("cat", workingDirectory: "/nowhere/at/all")
            try await child.logs("its working directory /nowhere/at/all cannot be entered")
            try await eventually("it is tried again") { child.supervisor.status.starts >= 3 }
            try await child.stop()
        }

        @Test("a name that no environment can hold is an end that names it")
        func badName() async throws {
            let child = try TestChild("cat", extra: [("1A", "x")])
            try await child.logs("could not be started: ")
            #expect(child.log.contains("1A"))
            try await child.stop()
        }

        @Test("a command that cannot run is tried again, with a hint")
        func cannotRun() async throws {
            let missing = try TestChild("no-such-command-anywhere -x")
            try await missing.logs("exited with status 127")
            try await missing.logs("the command was not found")
            try await eventually("it is tried again") { missing.supervisor.status.starts >= 3 }
            try await missing.stop()

            let folder = try TestChild("/tmp")
            try await folder.logs("exited with status 126")
            try await folder.logs("cannot be executed")
            try await folder.stop()
        }

        @Test("two children may have the same command")
        func twins() async throws {
            let one = try TestChild("cat > out", input: "one\n")
            let two = try TestChild("cat > out", input: "two\n")
            #expect(try await one.readLines("out") == ["one"])
            #expect(try await two.readLines("out") == ["two"])
            try await one.stop()
            try await two.stop()
        }
    }
}
