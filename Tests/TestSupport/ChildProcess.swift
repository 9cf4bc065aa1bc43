internal import EventLoop
package import Foundation

/// A program that a test starts, without input.
///
/// Foundation's `Process` looks for its open descriptors in a way that reads behind the end of a directory's entries: with more than a thousand of
/// them, as all suites together have, it crashes now and then (swift-corelibs-foundation, `findMaximumOpenFromProcSelfFD`).
package struct ChildProcess: Sendable {
    package let id: pid_t
    /// What it says; ends when it and all that it started have closed it.
    package let output: FileHandle

    /// - Parameters:
    ///   - program: found in PATH, unless it has a slash.
    ///   - withErrors: whether its standard error is part of `output`, or goes nowhere.
    /// - Throws: `SystemError` when it does not start.
    package init(_ program: String, _ arguments: [String], withErrors: Bool = false) throws {
        var ends: [Int32] = [-1, -1]
        // No pipe: a child of another test that starts in this moment would have it open as long as it lives.
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SystemError("socketpair")
        }
        output = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        let said = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)

        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, said.fileDescriptor, STDOUT_FILENO)
        if withErrors {
            unsafe posix_spawn_file_actions_adddup2(&actions, said.fileDescriptor, STDERR_FILENO)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        }
        // A thread of Dispatch holds back all signals.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var words = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        var variables = unsafe ProcessInfo.processInfo.environment.map { unsafe strdup("\($0)=\($1)") } + [nil]
        defer { unsafe (words + variables).forEach { unsafe free($0) } }
        var id = pid_t(0)
        let code = unsafe posix_spawnp(&id, program, &actions, &attributes, &words, &variables)
        guard code == 0 else { throw SystemError(code: code, call: "posix_spawn", path: program) }
        self.id = id
    }

    /// Waits for its end, once.
    ///
    /// - Returns: its exit status, or the signal that ended it, below zero.
    @discardableResult
    package func wait() -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(id, &status, 0) == -1, errno == EINTR {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F)
    }

    /// Runs it to its end.
    ///
    /// - Returns: what `wait` does, and what it said both ways.
    package static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, said: String) {
        let process = try ChildProcess(program, arguments, withErrors: true)
        let said = String(decoding: process.output.readDataToEndOfFile(), as: UTF8.self)
        return (process.wait(), said)
    }
}
