internal import FoundationEssentials
internal import Glibc

/// A worker's token in a file of mode 0600.
package enum TokenFile {
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// 256 bits, 43 characters.
    package static func draw() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return "es_" + Data(bytes).base64EncodedString().filter { $0 != "=" }.map { ["+": "-", "/": "_"][$0] ?? String($0) }.joined()
    }

    /// Draws a token and puts it at `path`, in the place of an earlier one. The folder is made with mode 0700 if it is not there.
    ///
    /// Writes the disk: for the start of a process.
    package static func make(at path: String) throws(Failure) -> String {
        let token = draw()
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        if unsafe mkdir(folder, 0o700) != 0, errno != EEXIST { throw failure("make the folder", folder) }
        let temporary = path + ".new"
        if unsafe unlink(temporary) != 0, errno != ENOENT { throw failure("replace", temporary) }
        let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("write", temporary) }
        let text = Array((token + "\n").utf8)
        let written = unsafe write(file, text, text.count)
        guard close(file) == 0, written == text.count, unsafe rename(temporary, path) == 0 else { throw failure("write", path) }
        return token
    }

    /// Reads the token that `EARSHOT_TOKEN_FILE` names, or the credential `token` of the systemd unit; nil when neither is set.
    package static func read(environment: [String: String]) throws(Failure) -> String? {
        guard let path = environment["EARSHOT_TOKEN_FILE"] ?? environment["CREDENTIALS_DIRECTORY"].map({ $0 + "/token" }) else { return nil }
        guard let data = FileManager.default.contents(atPath: path), data.count <= 4096 else { throw failure("read the token in", path) }
        let token = String(decoding: data, as: UTF8.self).filter { !$0.isWhitespace }
        // Nothing else leaves this process as a token, whatever file somebody put in its place.
        let isToken = token.hasPrefix("es_") && token.utf8.count == 46
        guard isToken, token.utf8.dropFirst(3).allSatisfy({ $0.isBase64URL }) else {
            throw Failure(description: "\(path) holds no token of earshotd.")
        }
        return token
    }

    private static func failure(_ what: String, _ path: String) -> Failure {
        let reason = unsafe String(cString: strerror(errno))
        return Failure(description: "Cannot \(what) \(path): \(reason).")
    }
}

extension UInt8 {
    /// RFC 4648, clause 5.
    fileprivate var isBase64URL: Bool {
        switch self {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
