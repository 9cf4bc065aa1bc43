internal import Glibc

/// A call to the kernel that failed.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// errno
    package let code: Int32
    /// The call, such as `fdatasync`.
    package let call: String
    /// The file it was for; nil where there is none.
    package let path: String?

    package init(code: Int32, call: String, path: String? = nil) {
        self.code = code
        self.call = call
        self.path = path
    }

    /// Takes errno of the call that just failed on this thread.
    package init(_ call: String, path: String? = nil) {
        self.init(code: errno, call: call, path: path)
    }

    /// No space, or the quota is used up: waiting and making room can help, trying again at once cannot.
    package var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT }
    package var isDenied: Bool { code == EACCES || code == EPERM }
    package var isNotFound: Bool { code == ENOENT }
    package var isAlreadyThere: Bool { code == EEXIST }

    package var description: String {
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        guard let path else { return "\(call): \(reason)" }
        return "\(call) \(path): \(reason)"
    }
}
