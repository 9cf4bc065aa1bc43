import Foundation
import GatewayTestSupport
import Ledger
import Recordings
import Subprocess
import Synchronization
import SystemPackage
import Testing

/// `earshot watch` as a process: what it says line by line, that it outlives its gateway, and how it ends.
@Suite(.timeLimit(.minutes(10))) struct WatchCommandTests {
    /// The program, and what it has said so far. A line that contains `last` is answered with SIGINT.
    final class Watcher: Sendable {
        private let lines: AsyncStream<String>
        private let said: AsyncStream<String>.Continuation

        init() { (lines, said) = AsyncStream.makeStream() }

        /// - Returns: the exit status.
        func run(_ socket: String, _ more: [String] = [], untilItSays last: String) async throws -> TerminationStatus {
            defer { said.finish() }
            return try await Subprocess.run(
                .path(EarshotRun.program), arguments: Arguments(["watch", "--socket", socket] + more), environment: .inherit.updating(["TZ": "UTC"]),
                input: .none, output: .sequence, error: .string(limit: 1 << 16)
            ) { process in
                for try await line in process.standardOutput.strings() {
                    said.yield(line)
                    if line.contains(last) { try process.send(signal: .interrupt) }
                }
            }.terminationStatus
        }

        /// Waits for a line that contains the words.
        func hears(_ words: String) async throws {
            for await line in lines where line.contains(words) { return }
            Issue.record("it never said: \(words)")
            throw CancellationError()
        }
    }

    private static func publish(_ world: GatewayWorld, _ what: Activity.What) {
        world.activity.publish(Activity(card: world.card.id, at: UTCTime(milliseconds: 1_700_000_000_000), what: what))
    }

    /// Returns once somebody listens: what is published before is not replayed.
    private static func isWatched(_ world: GatewayWorld) async throws {
        while world.activity.watcherCount == 0 {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test func itTellsWhatHappensAndEndsOnCtrlC() async throws {
        try await GatewayWorld.run { world in
            let watcher = Watcher()
            async let status = watcher.run(world.controlSocket, untilItSays: "anna/3 is stored, 1000 B")
            try await watcher.hears("hq  1 card, 0 linked")
            try await Self.isWatched(world)
            Self.publish(world, .sessionStarted)
            try await watcher.hears("11-14 22:13:20  anna  linked")
            Self.publish(world, .seen(rssi: -60))
            Self.publish(world, .stored(recording: 3, size: 1000))
            let end = try await status
            #expect(end == .exited(0))
        }
    }

    @Test func jsonIsTheApisOwn() async throws {
        try await GatewayWorld.run { world in
            let watcher = Watcher()
            async let status = watcher.run(world.controlSocket, ["--json"], untilItSays: #""what":"released""#)
            try await Self.isWatched(world)
            Self.publish(world, .released(recording: 3))
            let end = try await status
            #expect(end == .exited(0))
        }
    }

    @Test func itGoesOnWithTheNextGateway() async throws {
        let link = "/tmp/es-watch-\(UUID().uuidString.prefix(8)).sock"
        defer { try? FileManager.default.removeItem(atPath: link) }
        let watcher = Watcher()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (started, start) = AsyncStream.makeStream(of: Void.self)
            group.addTask {
                for await _ in started {}
                let status = try await watcher.run(link, untilItSays: "events up to 7")
                #expect(status == .exited(0))
            }
            try await GatewayWorld.run { world in
                try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: world.controlSocket)
                start.finish()
                try await Self.isWatched(world)
            }
            try await watcher.hears("Waiting for it.")
            try await GatewayWorld.run { world in
                try FileManager.default.removeItem(atPath: link)
                try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: world.controlSocket)
                try await watcher.hears("gateway  answers again")
                try await Self.isWatched(world)
                Self.publish(world, .events(upTo: 7, count: 1))
                try await watcher.hears("events up to 7")
            }
            try await group.waitForAll()
        }
    }

    @Test func aTerminalGetsAPictureThatIsDrawnOverItself() async throws {
        try await GatewayWorld.run { world in
            let script = "stty cols 70 rows 12; exec '\(EarshotRun.program.string)' watch --socket '\(world.controlSocket)'"
            let pictures = try await Subprocess.run(
                .name("script"), arguments: ["-qec", script, "/dev/null"], environment: .inherit.updating(["SHELL": "/bin/sh"]), input: .none,
                output: .sequence, error: .string(limit: 1 << 16)
            ) { process in
                var lines: [String] = []
                // The cursor goes up over the picture before: this is the second.
                for try await line in process.standardOutput.strings() {
                    lines.append(line)
                    if line.contains("\u{1B}[4A") { try process.send(signal: .terminate) }
                }
                return lines
            }.closureResult
            #expect(pictures.contains { $0.contains("hq  1 card, 0 linked") })
            #expect(pictures.contains { $0.contains("anna") && $0.contains("away") })
        }
    }

    @Test func withoutAGatewayItSaysSoAtOnce() async throws {
        let run = try await EarshotRun.run(["watch"], socket: "/nowhere/api.sock")
        #expect(run.status == 6)
    }
}
