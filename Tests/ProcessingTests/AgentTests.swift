import APIClient
import Foundation
import GatewayAPI
import Processing
import Recordings
import StubGateway
import Testing

@Suite("An agent is a program")
struct AgentTests {
    @Test func `status 0: its answer, with the job's lease`() async throws {
        let outcome = try await runAgent(#"cat > /dev/null; echo '{"screen":{"text":"Noted","for_s":9},"annotations":{"tasks":{"n":1}}}'"#)
        let done = try #require(outcome.done)
        #expect(done.lease == "ls_test")
        #expect(done.screen == ScreenRequest(text: "Noted", forSeconds: 9))
        #expect(done.annotations == ["tasks": .object(["n": .integer(1)])])
    }

    @Test func `status 0 without an answer is done, also when the input is not read`() async throws {
        #expect(try await runAgent("exit 0").done == DoneRequest(lease: "ls_test"))
        #expect(try await runAgent("echo; echo").done == DoneRequest(lease: "ls_test"))
    }

    @Test func `status 75: try again`() async throws {
        let failed = try #require(try await runAgent("echo 'model is loading' >&2; exit 75").failed)
        #expect(failed.retry == true)
        #expect(failed.reason == "model is loading")
    }

    @Test func `any other status: dead, with the last lines of standard error`() async throws {
        let failed = try #require(try await runAgent("seq 1 100000 >&2; echo the end >&2; exit 1").failed)
        #expect(failed.retry == false)
        #expect(failed.reason.hasSuffix("\n99999\n100000\nthe end"))
        #expect(failed.reason.utf8.count <= 480)
        #expect(try await runAgent("exit 3").failed?.reason == "The program ended with status 3.")
        let killed = try #require(try await runAgent("kill -9 $$").failed)
        #expect(killed.retry == false && killed.reason.contains("signal 9"))
    }

    @Test(arguments: [
        ("not JSON", "not a JSON object"), ("[1]", "not a JSON object"), (#"{"lease":"x"}"#, "the field lease"),
        (#"{"delivery":{}}"#, "the field delivery"),
        (#"{"screen":{"txt":"x"}}"#, "screen.txt"), (#"{"screen":{"text":5}}"#, "wrong type"), (#"{"annotations":[]}"#, "wrong type"),
    ])
    func `an answer that is not understood is dead, with what is wrong`(answer: String, reason: String) async throws {
        let failed = try #require(try await runAgent("printf '%s' '\(answer)'").failed)
        #expect(failed.retry == false)
        #expect(failed.reason.contains(reason), "\(failed.reason)")
    }

    @Test func `too long an answer is dead`() async throws {
        let failed = try #require(try await runAgent("head -c 2000000 /dev/zero").failed)
        #expect(failed.retry == false && failed.reason.contains("longer than"))
    }

    @Test func `a program that is not there is tried again`() async throws {
        let agent = Agent(AgentSettings(command: ["/nowhere/agent"], limit: .seconds(60)))
        let failed = try #require(try await agent.work(GatewayClient(socket: "/nowhere"), Samples.job("hello")).failed)
        #expect(failed.retry == true && failed.reason.contains("could not be started"))
    }

    /// Whether a process is there and not merely waiting to be reaped.
    private func lives(_ pid: Int32) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let end = status.lastIndex(of: ")") else {
            return false
        }
        return status[end...].dropFirst(2).first != "Z"
    }

    private func pid(in file: String) throws -> Int32 { try #require(written(in: file)) }

    private func written(in file: String) -> Int32? {
        (try? String(contentsOfFile: file, encoding: .utf8)).flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    @Test(arguments: [
        // Deaf to SIGTERM, and so is its child.
        "trap '' TERM; sh -c \"trap '' TERM; sleep 1000\" & echo $! > PID; sleep 1000",
        // Output closed, still running.
        "echo $$ > PID; exec >&- 2>&-; sleep 1000",
    ])
    func `what takes too long is ended with all that it started, and tried again`(script: String) async throws {
        let folder = try Folder()
        let file = folder.path(of: "pid")
        // On a busy machine a shell may be ended before its first command: it is given longer then.
        for limit in [1, 4, 16, 64] {
            let failed = try #require(try await runAgent(script.replacing("PID", with: file), limit: .seconds(limit)).failed)
            #expect(failed.retry == true && failed.reason.contains("longer than"))
            if written(in: file) != nil { break }
        }
        try await expectEnd(of: try pid(in: file))
    }

    /// SIGKILL was sent; the kernel takes its moment.
    private func expectEnd(of pid: Int32) async throws {
        let deadline = ContinuousClock.now.advanced(by: .seconds(30))
        while lives(pid), ContinuousClock.now < deadline { await Task.yield() }
        #expect(!lives(pid))
    }

    @Test func `what a program leaves behind ends with it`() async throws {
        let folder = try Folder()
        let file = folder.path(of: "pid")
        #expect(try await runAgent("sleep 1000 & echo $! > \(file); exit 0").done == DoneRequest(lease: "ls_test"))
        try await expectEnd(of: try pid(in: file))
    }

    @Test func `losing the lease ends the program`() async throws {
        let folder = try Folder()
        let file = folder.path(of: "pid")
        let work = Task { try await runAgent("echo $$ > \(file).new; mv \(file).new \(file); exec sleep 1000") }
        while !FileManager.default.fileExists(atPath: file) { await Task.yield() }
        work.cancel()
        await #expect(throws: CancellationError.self) { try await work.value }
        #expect(!lives(try pid(in: file)))
    }

    @Test func `the program gets the job, the audio, the annotations, and not the worker's own secrets`() async throws {
        let folder = try Folder()
        let audio = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let digest = try Samples.digest(audio)
        let recording = try Samples.recording(audio, sha256: digest, annotations: ["transcript"])
        let said = try await StubGateway.serve(at: folder.path(of: "s")) { stub, client in
            await stub.say(digest, of: audio)
            await stub.set(recording, files: ["audio": audio], annotations: ["transcript": .object(["text": .string("hello")])], cuts: [100_000])
            let script = #"""
                job=$(cat)
                file=$(printf '%s' "$job" | sed 's/.*"file":"\([^"]*\)".*/\1/')
                sum=$(sha256sum < "$file" | cut -d' ' -f1)
                mode=$(stat -c %a "$(dirname "$file")")
                printf '{"annotations":{"seen":{"job":%s,"sum":"%s","mode":"%s","token":"%s"}}}' "$job" "$sum" "$mode" "$EARSHOT_TOKEN_FILE"
                """#
            return try await runAgent(script, job: Samples.job("hello", recording), client: client)
        }
        let seen = try #require(said.done?.annotations?["seen"])
        #expect(seen["sum"]?.string == digest.description)
        #expect(seen["mode"]?.string == "700")
        #expect(seen["token"]?.string == "")
        #expect(seen["job"]?["lease"] == nil)
        #expect(seen["job"]?["recording"]?["annotations"]?["transcript"]?["text"]?.string == "hello")
        #expect(seen["job"]?["recording"]?["ref"]?.string == "anna/214")
        // Gone with the job.
        let file = try #require(seen["job"]?["recording"]?["file"]?.string)
        #expect(!FileManager.default.fileExists(atPath: file))
    }
}
