import Glibc

/// What the service does about signals before it does anything else.
public enum SignalDefaults {
    /// Ignores SIGPIPE in this process, so that writing to a child that died is an error and not the end of the
    /// service. Children get the default back. To be called once, first thing.
    public static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// Ignores SIGHUP in this process until somebody traps it. Children get the default back.
    public static func ignoreHangups() {
        _ = signal(SIGHUP, SIG_IGN)
    }
}
