import Daemon
import Foundation
import Glibc
import Logging
import Testing

/// What journald would get, at a real datagram socket.
@Suite struct JournalTests {
    @Test func anEntryHasItsFactsInFields() throws {
        let journal = try FakeJournal()
        let socket = try #require(JournalSocket(path: journal.path))
        var logger = Logger(label: "bluez") { _ in JournalLog(socket, program: "earshotd", level: .info) }
        logger[metadataKey: "card"] = "card_1"
        logger.warning("No session", metadata: ["reason": "a\nMESSAGE=forged", "upTo": "7"], source: "Radio")
        logger.debug("Not at this level")
        let fields = try journal.entry()
        #expect(
            fields == [
                "MESSAGE": "No session card=card_1 reason=a\nMESSAGE=forged upTo=7", "PRIORITY": "4", "SYSLOG_IDENTIFIER": "earshotd",
                "EARSHOT_MESSAGE": "No session", "EARSHOT_SOURCE": "Radio", "MESSAGE_ID": try #require(JournalKinds.all["No session"]),
                "EARSHOT_CARD": "card_1", "CARD": "card_1", "EARSHOT_REASON": "a\nMESSAGE=forged", "EARSHOT_UP_TO": "7",
            ])
        #expect(journal.isEmpty)
    }

    @Test func whatALibrarySaysHasNoKind() throws {
        let journal = try FakeJournal()
        let socket = try #require(JournalSocket(path: journal.path))
        Logger(label: "x") { _ in JournalLog(socket, program: "earshotd", level: .info) }.info("Nobody listed this")
        let fields = try journal.entry()
        #expect(fields["MESSAGE_ID"] == nil)
        #expect(fields["EARSHOT_MESSAGE"] == "Nobody listed this")
    }

    @Test func theErrorOfAnEntryIsAFact() throws {
        struct Failure: Error, CustomStringConvertible { let description = "the disk is gone" }
        let journal = try FakeJournal()
        let socket = try #require(JournalSocket(path: journal.path))
        Logger(label: "x") { _ in JournalLog(socket, program: "earshotd", level: .info) }.error("No session", error: Failure())
        #expect(try journal.entry()["EARSHOT_ERROR"] == "the disk is gone")
    }

    /// A stranger's text is in there: however long it is, the entry goes through, and no character is cut in two.
    @Test(arguments: [1, 2, 3, 5]) func anEntryFitsADatagram(length: Int) throws {
        let journal = try FakeJournal()
        let socket = try #require(JournalSocket(path: journal.path))
        let text = String(repeating: "x", count: length) + String(repeating: "語", count: 100_000)
        let facts = (10..<60).map { ("fact\($0)", Logger.MetadataValue.string(text)) }
        Logger(label: "x") { _ in JournalLog(socket, program: "earshotd", level: .info) }
            .info("No session", metadata: Dictionary(uniqueKeysWithValues: facts))
        let fields = try journal.entry()
        #expect(fields.count == 6 + JournalEntry.mostFacts)
        for (name, value) in fields {
            #expect(value.utf8.count <= JournalEntry.longestValue, "\(name)")
            #expect(!value.contains("\u{FFFD}"), "\(name)")
        }
        let first = try #require(fields["EARSHOT_FACT10"])
        #expect(first.hasPrefix("x") && first.hasSuffix("語…") && first.utf8.count > JournalEntry.longestValue - 4)
    }

    /// Standing still costs entries, not the gateway; and they are counted.
    @Test func aJournalThatTakesNothingIsNotWaitedFor() throws {
        let journal = try FakeJournal()
        let socket = try #require(JournalSocket(path: journal.path))
        let logger = Logger(label: "x") { _ in JournalLog(socket, program: "earshotd", level: .info) }
        let sent = 5000
        for _ in 0..<sent { logger.info("No session", metadata: ["reason": .string(String(repeating: "r", count: 4000))]) }
        var taken = 0
        while !journal.isEmpty {
            _ = try journal.entry()
            taken += 1
        }
        #expect(taken > 0 && taken < sent)
        logger.info("Session ended")
        #expect(try journal.entry()["EARSHOT_MESSAGE"] == "Session ended")
        let note = try journal.entry()
        #expect(note["EARSHOT_MESSAGE"] == JournalKinds.dropped)
        #expect(note["MESSAGE_ID"] == JournalKinds.all[JournalKinds.dropped])
        #expect(note["EARSHOT_COUNT"] == "\(sent - taken)")
        logger.info("Session ended")
        _ = try journal.entry()
        #expect(journal.isEmpty)
    }

    /// A journald that was started anew has another socket behind the same path.
    @Test func anotherJournalAtTheSamePathIsFound() throws {
        let folder = try FakeJournal.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var journal: FakeJournal? = try FakeJournal(in: folder)
        let socket = try #require(JournalSocket(path: folder + "/socket"))
        let logger = Logger(label: "x") { _ in JournalLog(socket, program: "earshotd", level: .info) }
        logger.info("No session")
        _ = try journal?.entry()
        journal = nil
        logger.info("No session")
        let next = try FakeJournal(in: folder)
        logger.info("Session ended")
        #expect(try next.entry()["EARSHOT_MESSAGE"] == "Session ended")
        #expect(try next.entry()["EARSHOT_COUNT"] == "1")
    }

    @Test func withoutAJournalThereIsNone() {
        #expect(JournalSocket(path: "/nonexistent/socket") == nil)
        #expect(JournalSocket(path: "/" + String(repeating: "x", count: 200)) == nil)
        #expect(JournalSocket(path: "/dev/null") == nil)
    }

    /// systemd names device and inode of what it put behind standard error; a redirection is another.
    @Test func standardErrorIsTheJournalsOnlyWhileNobodyRedirectsIt() throws {
        var status = stat()
        let descriptor = unsafe open("/dev/null", O_RDONLY)
        defer { close(descriptor) }
        try #require(unsafe fstat(descriptor, &status) == 0)
        let name = "\(status.st_dev):\(status.st_ino)"
        #expect(JournalSocket.isBehind(descriptor, ["JOURNAL_STREAM": name]))
        #expect(!JournalSocket.isBehind(descriptor, ["JOURNAL_STREAM": name + "1"]))
        #expect(!JournalSocket.isBehind(descriptor, [:]))
        #expect(!JournalSocket.isBehind(-1, ["JOURNAL_STREAM": name]))
    }
}

/// journald's end: takes datagrams and reads its protocol back.
private final class FakeJournal {
    let path: String
    private let folder: String
    private let ownsFolder: Bool
    private let descriptor: Int32

    static func folder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ej-\(UUID().uuidString.prefix(8))").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        return folder
    }

    init(in folder: String? = nil) throws {
        self.folder = try folder ?? Self.folder()
        ownsFolder = folder == nil
        path = self.folder + "/socket"
        unsafe unlink(path)
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        try unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
            try #require(bytes.count < place.count)
            unsafe place.copyBytes(from: bytes)
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, size) }
        }
        try #require(bound == 0)
    }

    deinit {
        close(descriptor)
        unsafe unlink(path)
        if ownsFolder { unsafe rmdir(folder) }
    }

    /// Nothing waits: a datagram is there as soon as it was sent.
    var isEmpty: Bool {
        var byte: UInt8 = 0
        return unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK)) < 0
    }

    /// The next entry's fields; each name once.
    func entry() throws -> [String: String] {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        try #require(count > 0, "no entry")
        var rest = buffer.prefix(count)
        var fields: [String: String] = [:]
        while !rest.isEmpty {
            let line = try #require(rest.firstIndex(of: UInt8(ascii: "\n")))
            let name: String
            let value: ArraySlice<UInt8>
            if let equals = rest[..<line].firstIndex(of: UInt8(ascii: "=")) {
                name = String(decoding: rest[..<equals], as: UTF8.self)
                value = rest[(equals + 1)..<line]
                rest = rest[(line + 1)...]
            } else {
                name = String(decoding: rest[..<line], as: UTF8.self)
                let start = line + 9
                try #require(start <= rest.endIndex)
                let length = rest[(line + 1)..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
                try #require(start + length < rest.endIndex && rest[start + length] == UInt8(ascii: "\n"))
                value = rest[start..<(start + length)]
                rest = rest[(start + length + 1)...]
            }
            #expect(fields[name] == nil, "\(name) twice")
            fields[name] = String(decoding: value, as: UTF8.self)
        }
        return fields
    }
}
