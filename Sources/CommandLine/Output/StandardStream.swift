internal import Glibc
internal import SystemPackage

/// Standard output or error, line by line.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Writes a line; a reader that is gone is not told.
    func write(line: String) { try? put(line) }

    /// Writes a line.
    ///
    /// - Throws: `BrokenPipe` when nobody reads any more; `CommandEnd` when it cannot be written: a full disk.
    func put(_ line: String) throws { try write(bytes: Array((line + "\n").utf8)) }

    /// Writes a text as it is.
    ///
    /// - Throws: as `put`.
    func put(text: String) throws { try write(bytes: Array(text.utf8)) }

    /// Writes a text that ends no line: a question. A reader that is gone is not told.
    func write(_ text: String) { try? write(bytes: Array(text.utf8)) }

    private func write(bytes: [UInt8]) throws {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.span.extracting(written...).withUnsafeBytes { unsafe Glibc.write(rawValue, $0.baseAddress, $0.count) }
            if count > 0 {
                written += count
            } else {
                let code = errno
                switch code {
                case EINTR: continue
                case EPIPE: throw BrokenPipe()
                default:
                    let name = self == .output ? "Standard output" : "Standard error"
                    throw CommandEnd(.failed, "\(name) cannot be written: \(Errno(rawValue: code)). What was printed is not whole.")
                }
            }
        }
    }

    /// Columns of the terminal behind it; nil when there is none.
    var columns: Int? { size?.columns }

    /// The terminal behind it; nil when there is none. One that does not tell counts as 80 by 24.
    var size: (columns: Int, rows: Int)? {
        guard isatty(rawValue) == 1 else { return nil }
        var size = winsize()
        guard unsafe ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return (80, 24) }
        return (Int(size.ws_col), size.ws_row > 1 ? Int(size.ws_row) : 24)
    }
}

/// Whoever read the output went away: `earshot events --follow | head`.
struct BrokenPipe: Error {}
