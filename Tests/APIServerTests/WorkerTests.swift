import APIClient
import Daemon
import Foundation
import GatewayAPI
import GatewayTestSupport
import Ledger
import OggOpus
import OpusAudio
import Processing
import Recordings
import Testing
import Uploading

/// The built-in workers on the real server, ledger and files.
@Suite(.timeLimit(.minutes(10))) struct WorkerTests {
    /// Works on a queue until `count` jobs are done.
    private func work(
        _ queue: String, _ client: GatewayClient, until count: Int,
        _ work: @escaping @Sendable (GatewayClient, LeasedJobMessage) async throws -> LeaseLoop.Outcome
    ) async -> [LeaseLoop.Report] {
        let (reports, said) = AsyncStream.makeStream(of: LeaseLoop.Report.self)
        return await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await LeaseLoop(client, queue: queue, worker: "test", leaseSeconds: 30, waitSeconds: 10, report: { said.yield($0) })
                    .run { try await work(client, $0) }
            }
            defer { group.cancelAll() }
            var ended: [LeaseLoop.Report] = []
            for await report in reports {
                switch report {
                case .done, .failed, .refused, .leaseLost: ended.append(report)
                case .leased, .waiting: break
                }
                if ended.count == count { break }
            }
            return ended
        }
    }

    private func speech() throws -> [UInt8] {
        let wav = try WAVFile(Array(Data(contentsOf: URL(filePath: "/usr/share/sounds/alsa/Front_Center.wav"))))
        var encoder = try RecordingEncoder(tags: RecorderTags(serial: "A1", generation: 1, number: 1, started: nil), streamSerial: 5)
        return try encoder.start() + encoder.append(wav.speech()) + encoder.finish()
    }

    @Test(arguments: [true, false])
    func `a recording is decoded and delivered with all that belongs to it, in either order`(decodeFirst: Bool) async throws {
        try await GatewayWorld.run { world in
            let bytes = try speech()
            let stored = try await world.store(1, bytes)
            let delivered = world.folder + "/delivered"
            try FileManager.default.createDirectory(atPath: delivered, withIntermediateDirectories: false)
            let uploader = Uploader(try DestinationFolder("folder", FolderDestination(path: delivered, key: "{card}/{number}.opus")))
            let decoder = Decoder(DecodeSettings(rate: 48_000), announcesToUpload: true)
            // The worker's own token: it may lease its queue and read what it leased, and nothing else.
            let decoding = world.agent(GatewayWorld.decodeSecret)

            if !decodeFirst { _ = await work("upload", world.control, until: 1) { try await uploader.work($0, $1) } }
            let decoded = await work("decode", decoding, until: 1) { try await decoder.work($0, $1) }
            let uploads = await work("upload", world.control, until: decodeFirst ? 2 : 1) { try await uploader.work($0, $1) }
            for report in decoded + uploads {
                guard case .done = report else {
                    Issue.record("\(report)")
                    continue
                }
            }

            let recording = try await world.reader.recording("anna/1")
            #expect(recording.artifacts == ["audio.wav"])
            #expect(recording.delivered != nil)
            let audio = try await world.reader.annotation("audio", of: "anna/1").value
            #expect(audio?["gap_count"]?.integer == 0)
            let deliveries = try await world.reader.deliveries().items
            #expect(deliveries.map(\.object) == ["anna/1.opus"])
            #expect(deliveries.map(\.sha256) == [stored.sha256])
            let names = try FileManager.default.contentsOfDirectory(atPath: delivered + "/anna").sorted()
            #expect(names == ["1.json", "1.opus", "1.wav"])
            #expect(FileManager.default.contents(atPath: delivered + "/anna/1.opus") == Data(bytes))
            let sidecar = try APIJSON.decode(JSONValue.self, from: try #require(FileManager.default.contents(atPath: delivered + "/anna/1.json")))
            #expect(sidecar["annotations"]?["audio"] == audio)
        }
    }

    @Test func `a press starts a program, and its text goes to the card's screen`() async throws {
        try await GatewayWorld.run { world in
            try await world.press(1...1)
            let agent = Agent(AgentSettings(command: ["/bin/sh", "-c", #"echo '{"screen":{"text":"Noted"}}'"#], limit: .seconds(60)))
            let reports = await work("hello", world.control, until: 1) { try await agent.work($0, $1) }
            guard case .done(let job, let answer)? = reports.first else {
                Issue.record("\(reports)")
                return
            }
            #expect(job.event?.type == "earshot.button.pressed")
            #expect(answer.screen?.state == "waiting")
        }
    }
}
