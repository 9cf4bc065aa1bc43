import Foundation
import GatewayAPI
import Glibc
import Testing

/// Who reaches which socket, as the kernel decides it, and what each route answers: other users need root to be played.
@Suite(.timeLimit(.minutes(10)), .enabled(if: geteuid() == 0, "only root can ask as another user")) struct SocketRightsTests {
    /// Of nobody's, so that only what is given counts.
    private static let (control, reader) = (61_234, 61_235)

    @Test func theFoldersOfTheSocketsDecide() async throws {
        try await RunningDaemon.with("") { daemon in
            try Self.give(daemon.folder, mode: 0o755)
            try Self.give(daemon.run.appending(path: "control"), group: Self.control, mode: 0o750)
            try Self.give(daemon.run.appending(path: "read"), group: Self.reader, mode: 0o750)

            // In no group: nothing, and without a token nothing on the socket that is open for all.
            let stranger = try await Self.ask(daemon, groups: [])
            #expect(stranger["control"] == .string("refused") && stranger["read"] == .string("refused"))
            #expect(stranger["agents"] == .object(["token_missing": .integer(Int64(Routes.all.count))]))

            // By supplementary membership, which SO_PEERCRED would not show.
            let member = try await Self.ask(daemon, groups: [Self.control])
            #expect(Self.refusals(member["control"]) == 0 && Self.count(member["control"]) == Routes.all.count, "\(member)")
            #expect(member["read"] == .string("refused"))

            let looker = try await Self.ask(daemon, groups: [Self.reader])
            let looks = Routes.all.count { [.open, .needs(.read), .needsOrLease(.read)].contains($0.right) }
            #expect(looker["control"] == .string("refused"))
            #expect(Self.refusals(looker["read"]) == Routes.all.count - looks, "\(looker)")
        }
    }

    private static func ask(_ daemon: RunningDaemon, groups: [Int]) async throws -> JSONValue {
        let scripts = URL(filePath: #filePath).deletingLastPathComponent()
        let openAPI = scripts.deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/openapi.json")
        // Both must be readable for whoever runs them.
        for (source, name) in [(scripts.appending(path: "attack/rights.py"), "rights.py"), (openAPI, "openapi.json")] {
            let copy = daemon.folder.appending(path: name)
            try Data(contentsOf: source).write(to: copy)
            try give(copy, mode: 0o644)
        }
        let membership = groups.isEmpty ? ["--clear-groups"] : ["--groups", groups.map(String.init).joined(separator: ",")]
        let asked = try await Tool.machine(
            "setpriv",
            ["--reuid", "65534", "--regid", "65534"] + membership + [
                "/usr/bin/python3", daemon.folder.appending(path: "rights.py").path, daemon.run.path,
                daemon.folder.appending(path: "openapi.json").path,
            ])
        try #require(asked.succeeded, "\(asked.errors)")
        return try APIJSON.decode(JSONValue.self, from: Array(asked.output.utf8))
    }

    private static func give(_ file: URL, group: Int = 0, mode: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode, .groupOwnerAccountID: group], ofItemAtPath: file.path)
    }

    /// How many answers say that the caller may not.
    private static func refusals(_ codes: JSONValue?) -> Int {
        ["read_only", "not_allowed", "token_missing", "token_unknown"].reduce(0) { $0 + Int(codes?[$1]?.integer ?? 0) }
    }

    private static func count(_ codes: JSONValue?) -> Int {
        guard case .object(let all)? = codes else { return 0 }
        return all.values.reduce(0) { $0 + Int($1.integer ?? 0) }
    }
}
