internal import APIClient
internal import Bytes
internal import Daemon
internal import Doctor
internal import EventLoop
internal import FoundationEssentials
internal import GatewayAPI
internal import Glibc
internal import Recordings

/// What somebody needs to see who is to help: one text, which its owner can read before it is sent.
struct SupportReport {
    let machine: Machine
    let client: GatewayClient
    let examination: Examination

    /// Lines of the journal, of each unit. Agents' units are not asked: what an agent says may be what people said.
    private static let journal = ["earshotd.service", "earshot-worker@decode.service", "earshot-upload.service", "bluetooth.service"]
    private static let journalLines = 300
    /// A section is cut to this.
    private static let longest = 512 << 10

    /// - Returns: the whole text, redacted.
    func make(now: UTCTime) async -> String {
        var redactor = Redactor()
        let cards = await allCards()
        let holders: ListMessage<HolderMessage>? = try? await client.get(Routes.holders.path())
        learnNames(cards, holders?.items ?? [], &redactor)
        learnSecrets(&redactor)
        var text = """
            Earshot support report
            made     \(now)
            version  \(Release.version)

            No recording, transcript, token or key is in it; names of people and cards are replaced by signs, e-mail addresses and everything that looks
            like a key are taken out. Read it before you send it.

            """
        func add(_ title: String, _ body: String) {
            let whole = body.utf8.count <= Self.longest ? body : String(body.suffix(Self.longest))
            text += "\n==== \(title)\n" + redactor.redact(whole) + (whole.hasSuffix("\n") ? "" : "\n")
        }
        add("doctor", await doctor())
        add("status", await api { try await client.status() })
        add("cards", cards.map(Self.json).joined(separator: "\n"))
        add("queues", await api { try await client.queues() })
        add("versions", await versions())
        add(
            "units",
            await said(
                [
                    "systemctl", "show",
                    "--property=Id,ActiveState,SubState,Result,ExecMainStatus,NRestarts,MemoryCurrent,CPUUsageNSec,TasksCurrent,StatusText", "--",
                ] + Self.journal))
        add("configuration", configuration())
        add("files", files())
        for unit in Self.journal {
            add(
                "journal of \(unit)",
                await said(["journalctl", "--unit", unit, "--lines", "\(Self.journalLines)", "--no-pager", "--output", "short-iso", "--no-hostname"]))
        }
        return text
    }

    // MARK: - Sections

    private func doctor() async -> String {
        var text = ""
        for check in Check.all {
            let finding = await examination.look(check)
            text += "\(finding.verdict.rawValue)  \(check.name)  \(Shown.text(finding.found))\n"
        }
        return text
    }

    private func versions() async -> String {
        let packages = ["bluez", "bluez-obexd", "dbus", "earshot", "earshot-appliance", "earshot-card", "linux-image-amd64", "systemd"]
        let system = ["/etc/os-release", "/proc/sys/kernel/osrelease", "/proc/loadavg", "/proc/uptime"].map { path in
            FileManager.default.contents(atPath: path).map { String(decoding: $0.prefix(4096), as: UTF8.self) } ?? ""
        }
        return await said(["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status} ${Version}\\n"] + packages) + system.joined()
    }

    /// Keys and tables as they are; of a program's arguments nothing, and no value of a key that is called like a secret.
    private func configuration() -> String {
        guard let bytes = FileManager.default.contents(atPath: machine.places.configuration) else {
            return "There is no \(machine.places.configuration), or it cannot be read: the defaults count.\n"
        }
        var isInCommand = false
        let lines = String(decoding: bytes.prefix(1 << 18), as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map {
            line -> String in
            // A comment may be a key that was switched off.
            if line.drop(while: \.isWhitespace).first == "#" { return "# …" }
            if isInCommand {
                isInCommand = !line.contains("]")
                return "    …"
            }
            guard let sign = line.firstIndex(of: "=") else { return Self.withoutComment(line) }
            let key = line[..<sign]
            if key.contains("command") {
                let rest = line[sign...]
                isInCommand = rest.contains("[") && !rest.contains("]")
                let program = rest.firstMatch(of: /["']([^"']*)["']/).map { String($0.1) } ?? ""
                return "\(key)= [\"\(program)\", …]"
            }
            let hidden = ["secret", "token", "password", "key_file", "credential", "auth"].contains { key.lowercased().contains($0) }
            return hidden ? "\(key)= …" : Self.withoutComment(line)
        }
        return lines.joined(separator: "\n")
    }

    private static func withoutComment(_ line: Substring) -> String {
        // A # within quotes is a part of the value: better cut than told.
        String(line.prefix { $0 != "#" })
    }

    /// How many files there are and how large, never their names: those hold the names of people.
    private func files() -> String {
        ["", "/recordings", "/recordings/lost+found", "/artifacts", "/journal"].map { name in
            let folder = machine.places.state + name
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return "\(folder)  not there, or not to be read\n" }
            var bytes: UInt64 = 0
            for name in names {
                var found = stat()
                if unsafe lstat("\(folder)/\(name)", &found) == 0, found.st_mode & S_IFMT == S_IFREG { bytes += UInt64(clamping: found.st_size) }
            }
            return "\(folder)  \(names.count) entries, \(ByteSize.text(bytes))\n"
        }.joined()
    }

    private func said(_ words: [String]) async -> String {
        let answer = await machine.run(words)
        return answer.output + (answer.status == 0 ? "" : "\(words[0]): \(answer.error)\n")
    }

    private func api(_ body: () async throws -> some Encodable) async -> String {
        do { return Self.json(try await body()) + "\n" } catch { return "\(error)\n" }
    }

    private static func json(_ value: some Encodable) -> String {
        (try? APIJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    // MARK: - What is taken out

    private func allCards() async -> [CardMessage] {
        var cards: [CardMessage] = []
        var cursor: String?
        repeat {
            guard let page = try? await client.cards(cursor: cursor) else { break }
            cards += page.items
            cursor = page.next
        } while cursor != nil && cards.count < 10_000
        return cards
    }

    private func learnNames(_ cards: [CardMessage], _ holders: [HolderMessage], _ redactor: inout Redactor) {
        for (number, holder) in holders.enumerated() {
            for name in [holder.name, holder.id] + holder.groups { redactor.hide(name: name, as: "person-\(number + 1)") }
        }
        for (number, card) in cards.enumerated() { redactor.hide(name: card.name, as: "card-\(number + 1)") }
        for (number, name) in KnownNames.inFiles(machine).enumerated() { redactor.hide(name: name, as: "name-\(number + 1)") }
        var host = [CChar](repeating: 0, count: 256)
        if unsafe gethostname(&host, host.count - 1) == 0 {
            let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if name != "localhost" { redactor.hide(name: name, as: "host") }
        }
    }

    /// What lies here as a secret: the tokens of this start, and every small file of the state folder that is not known to be none.
    private func learnSecrets(_ redactor: inout Redactor) {
        let tokens = machine.places.run + "/tokens"
        let state = machine.places.state
        let open: Set = ["cards.json", "lock", "ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"]
        let kept = ((try? FileManager.default.contentsOfDirectory(atPath: state)) ?? []).filter { !open.contains($0) }.map { "\(state)/\($0)" }
        for path in ((try? FileManager.default.contentsOfDirectory(atPath: tokens)) ?? []).map({ "\(tokens)/\($0)" }) + kept {
            if let bytes = FileManager.default.contents(atPath: path), (4...4096).contains(bytes.count) { redactor.hide(secret: Array(bytes)) }
        }
    }
}
