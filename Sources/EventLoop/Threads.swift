internal import CLinux
internal import Glibc
internal import Synchronization

/// Which thread serves an executor; known once that thread runs, thus before its first job.
final class ThreadIdentity: Sendable {
    private let thread = Atomic<UInt>(0)

    func becomeCurrent() { thread.store(UInt(pthread_self()), ordering: .relaxed) }
    var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }
}

/// Starts a detached thread that runs `body` once.
///
/// - Parameter name: what `top -H` shows; the kernel keeps 15 bytes.
func startThread(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    final class Start {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
    let start = unsafe Unmanaged.passRetained(Start(name: String(name.prefix(15)), body: body))
    var thread = pthread_t()
    let failure = unsafe pthread_create(
        &thread, nil,
        { raw in
            guard let raw = unsafe raw else { return nil }
            let start = unsafe Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
            unsafe clinux_name_thread(start.name)
            start.body()
            return nil
        }, start.toOpaque())
    guard failure == 0 else {
        unsafe start.release()
        throw SystemError(code: failure, call: "pthread_create")
    }
    pthread_detach(thread)
}
