import CLinux
import Glibc

/// Takes what file descriptors this process may have, and allows it no more than 1024, to be quick about it.
func takeAllDescriptors() -> [CInt] {
    var limit = rlimit(rlim_cur: 1024, rlim_max: 1024)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    var taken: [CInt] = []
    while case let descriptor = dup(0), descriptor >= 0 { taken.append(descriptor) }
    return taken
}
