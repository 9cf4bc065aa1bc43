internal import EventLoop
internal import Glibc

/// A step of a safe remedy: it can be taken twice, loses nothing, and is undone by hand in a minute.
package enum Mending: Sendable, Hashable, CustomStringConvertible {
    /// A program of the system, its name first.
    case run([String])
    /// A value for a file of the kernel that is there.
    case write(String, to: String)
    /// The permissions of a file or folder that is no link.
    case permissions(UInt32, of: String)
    case owner(user: UInt32, group: UInt32, of: String)

    package var description: String {
        switch self {
        case .run(let words): words.joined(separator: " ")
        case .write(let text, let path): "write \(text) to \(path)"
        case .permissions(let mode, let path): "chmod \(String(mode, radix: 8)) \(path)"
        case .owner(let user, let group, let path): "chown \(user):\(group) \(path)"
        }
    }

    /// Takes the step.
    ///
    /// - Returns: why it did not work; nil when it did.
    package func take(on machine: Machine) async -> String? {
        switch self {
        case .run(let words):
            let answer = await machine.run(words)
            return answer.status == 0 ? nil : "\(words[0]): \(answer.complaint)"
        case .write(let text, let path):
            return Self.open(machine.path(path), O_WRONLY | O_NOFOLLOW) { raw in
                let bytes = Array(text.utf8)
                return unsafe bytes.withUnsafeBytes { unsafe Glibc.write(raw, $0.baseAddress, $0.count) } == bytes.count
            }
        // Through a descriptor: below a folder that is not root's a name may become a link between look and deed.
        case .permissions(let mode, let path):
            return Self.open(machine.path(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK) { fchmod($0, mode) == 0 }
        case .owner(let user, let group, let path):
            return Self.open(machine.path(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK) { fchown($0, user, group) == 0 }
        }
    }

    private static func open(_ path: String, _ flags: Int32, _ body: (Int32) -> Bool) -> String? {
        let raw = unsafe Glibc.open(path, flags | O_CLOEXEC | O_NOCTTY)
        guard raw >= 0 else { return SystemError("open", path: path).description }
        let descriptor = Descriptor(adopting: raw)
        return descriptor.withRaw { body($0) ? nil : SystemError("change", path: path).description }
    }
}
