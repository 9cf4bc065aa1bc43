import APIClient
import APIServer
import GatewayAPI
import GatewayTestSupport
import Ledger
import Recordings
import Testing

@Suite(.timeLimit(.minutes(10))) struct ImportRouteTests {
    static func bring(
        _ bytes: [UInt8], to client: GatewayClient, as name: String = "meeting.opus", announcing sha256: SHA256Digest? = nil, holder: String? = nil
    ) async throws -> (recording: RecordingMessage, isNew: Bool) {
        var request = GatewayClient.ImportRequest(file: name, sha256: try sha256 ?? digest(bytes), size: UInt64(bytes.count))
        (request.holder, request.started, request.startedFrom) = (holder, UTCTime(milliseconds: 1_700_000_000_000), .file)
        return try await client.importRecording(request) { writer in
            for start in stride(from: 0, to: bytes.count, by: 100_000) {
                try await writer.write(Array(bytes[start..<min(start + 100_000, bytes.count)]))
            }
        }
    }

    @Test func aFileGoesTheSameWayAsFromACard() async throws {
        try await GatewayWorld.run { world in
            let bytes = opusFile(700_000)
            #expect(try await world.control.recording(with: digest(bytes)) == nil)
            let (recording, isNew) = try await Self.bring(bytes, to: world.control, as: "/tmp/../etc/meeting\u{1B}.opus")
            #expect(isNew && recording.state.known == .proven && recording.type == "audio/ogg; codecs=opus")
            #expect(recording.imported?.file == "meeting\\u{1b}.opus" && recording.imported?.startedFrom?.known == .file)
            #expect(recording.clock.known == .estimated && recording.card.name == "import")
            let audio = try await world.control.audio(of: "import/1") { _, body in try await body.all(atMost: 1 << 20) }
            #expect(audio == bytes)
            let again = try await Self.bring(bytes, to: world.control)
            #expect(!again.isNew && again.recording.id == recording.id)
            #expect(try await world.control.recording(with: digest(bytes))?.id == recording.id)
            for queue in ["decode", "upload"] {
                let job = try #require(try await world.control.lease(queue, LeaseRequest()).first)
                #expect(job.recording?.id == recording.id)
            }
            let why = try await world.reader.why("import/1")
            #expect(why.answer == "It was imported as meeting\\u{1b}.opus and is here, with the SHA-256 of that file." && !why.needsPerson)
            #expect(try await world.reader.audit().cards.map(\.card.name) == ["import"])
            #expect(try await world.reader.cards().items.map(\.name) == ["anna"])
            let accesses = try await world.control.accesses(AccessQuery(what: "recording.imported")).items
            #expect(accesses.map(\.subject) == [recording.id.description])
        }
    }

    @Test func aHostileFileIsRefusedAndLeavesNothing() async throws {
        try await GatewayWorld.run { world in
            let good = opusFile(4000)
            await expectRefusal(.digestDiffers) { _ = try await Self.bring(good, to: world.control, announcing: digest(sample(9))) }
            for bytes in [Array("hello".utf8), [UInt8](repeating: 0, count: 20_000), Array("RIFF____AVI ".utf8)] {
                let problem = await expectRefusal(.mediaTypeUnknown) { _ = try await Self.bring(bytes, to: world.control) }
                #expect(problem?.fix == "Ogg Opus, WAV, FLAC, MP3 and M4A are taken.")
            }
            await expectRefusal(.notFound) { _ = try await Self.bring(good, to: world.control, holder: "nobody@example.com") }
            let digestField = "Content-Digest: \(ContentDigest.field(try digest(good)))\r\n"
            for (query, fields, status) in [
                ("", digestField, 400), ("?file=", digestField, 400), ("?file=a&kind=song", digestField, 400),
                ("?file=a&started=soon", digestField, 400),
                ("?file=a&started_from=name", digestField, 400), ("?file=a&started=2026-11-23T09:14:01Z&started_from=stars", digestField, 400),
                ("?file=a&started=9999-11-23T09:14:01Z", digestField, 400), ("?file=a&path=/etc/passwd", digestField, 400), ("?file=a", "", 400),
                ("?file=a", "Content-Digest: sha-256=:x:\r\n", 400),
            ] {
                let answer = try await RawHTTP.ask(
                    world.controlSocket, "POST /v1/recordings\(query) HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\(fields)", body: good)
                #expect(answer.status == status, "\(query) \(fields) \(String(decoding: answer.body, as: UTF8.self))")
            }
            let tooLarge = try await RawHTTP.ask(
                world.controlSocket, "POST /v1/recordings?file=a HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000000\r\n\(digestField)", body: good)
            #expect(tooLarge.status == 413)
            #expect(try await world.reader.recordings().items.isEmpty)
            #expect(try await Self.bring(good, to: world.control).isNew)
        }
    }

    @Test func aTokenForImportsDoesNothingElse() async throws {
        try await GatewayWorld.run { world in
            let importer = world.agent(GatewayWorld.importSecret)
            let (recording, isNew) = try await Self.bring(opusFile(4000), to: importer)
            #expect(isNew)
            let found = try await importer.recording(with: digest(opusFile(4000)))
            #expect(found?.id == recording.id)
            await expectRefusal(.notAllowed) { _ = try await importer.recordings() }
            await expectRefusal(.notAllowed) { _ = try await importer.audio(of: "import/1") { _, body in try await body.all(atMost: 1 << 20) } }
            await expectRefusal(.notAllowed) { _ = try await Self.bring(opusFile(4000, 1), to: world.agent(GatewayWorld.decodeSecret)) }
            await expectRefusal(.readOnly) { _ = try await Self.bring(opusFile(4000, 1), to: world.reader) }
        }
    }

    @Test func aFileOfAnotherFormatKeepsIt() async throws {
        try await GatewayWorld.run { world in
            let flac = Array("fLaC".utf8) + sample(5000)
            let recording = try await Self.bring(flac, to: world.control, as: "meeting.txt").recording
            #expect(recording.type == "audio/flac" && recording.fileExtension == "flac")
            let answer = try await RawHTTP.ask(world.controlSocket, "GET /v1/recordings/import%2F1/audio HTTP/1.1\r\nHost: x\r\n")
            #expect(answer.headers["content-type"] == "audio/flac" && answer.body == flac)
            #expect(answer.headers["content-disposition"] == "attachment; filename=\"\(recording.id).flac\"")
            await expectRefusal(.notHere) {
                _ = try await world.control.audio(of: "import/1", format: "opus") { _, body in try await body.all(atMost: 1) }
            }
        }
    }
}
