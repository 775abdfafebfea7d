import CLinux
import Glibc

/// A pipe that no child inherits by accident.
struct Pipe {
    let readEnd: Int32
    let writeEnd: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        guard herald_pipe_cloexec(&ends) == 0 else { throw failure("pipe2") }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    func closeWriteEnd() {
        close(writeEnd)
    }
}

/// Starts `command` in a process group of its own, with an empty stdin, and returns its process id.
func spawn(_ command: [String], environment: [String: String], stdout: Int32, stderr: Int32) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, stdout, 1)
    posix_spawn_file_actions_adddup2(&actions, stderr, 2)
    // The embedded server's sockets are not close-on-exec: a child that had them would keep its port and its clients.
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigaddset(&signals, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))

    let arguments = command.map { strdup($0) } + [nil]
    let variables = merged(environment).map { strdup($0) } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var pid: pid_t = 0
    let result = posix_spawn(&pid, command[0], &actions, &attributes, arguments, variables)
    guard result == 0 else {
        throw TestFailure("posix_spawn \(command[0]): \(String(cString: strerror(result)))")
    }
    return pid
}

/// The environment of this process with `changes`; an empty value removes a variable.
private func merged(_ changes: [String: String]) -> [String] {
    var variables: [String] = []
    var entry = Glibc.environ
    while let text = entry.pointee {
        let variable = String(cString: text)
        if changes[String(variable.prefix { $0 != "=" })] == nil { variables.append(variable) }
        entry += 1
    }
    return variables + changes.filter { !$0.value.isEmpty }.map { "\($0.key)=\($0.value)" }.sorted()
}
