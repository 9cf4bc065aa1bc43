import Bytes
import Ledger
import Recordings
import TestSupport
import Testing

@Suite struct JobsTests {
    @Test func storingARecordingEnqueuesItsJobsOnce() async throws {
        let world = try await LedgerWorld()
        let id = try await world.store(1)
        _ = try await world.ledger.store(id, sha256: LedgerWorld.digest(1), size: 100, disputed: false, policy: .stored)
        let jobs = try await world.ledger.jobs().items
        #expect(jobs.map(\.queue) == ["decode", "upload"])
        #expect(jobs.map(\.key) == ["A1-0007/5b0c91aa/r1/decode", "A1-0007/5b0c91aa/r1/upload"])
        let job = try await world.claim("decode")
        #expect(job.recording?.id == id)
        #expect(job.job.attempt == 1)
        #expect(job.job.of == 3)
        #expect(try await world.ledger.claim("decode", max: 8, for: .seconds(60), worker: ForeignText("other")).isEmpty)
    }

    @Test func urgentOnesFirstThenTheOldest() async throws {
        let world = try await LedgerWorld()
        try await world.store(1)
        let job = try await world.claim("decode")
        var result = JobResult()
        result.jobs = [
            FollowUp(queue: "later", recording: try await world.store(2)), FollowUp(queue: "later", recording: try await world.store(3)),
            FollowUp(queue: "later", recording: try await world.store(4), priority: .urgent),
        ]
        let receipt = try await world.finish(job, result)
        #expect(receipt.jobs.count == 4)
        let claimed = try await world.ledger.claim("later", max: 8, for: .seconds(60), worker: ForeignText("w"))
        #expect(claimed.compactMap(\.recording?.number) == [4, 2, 3])
    }

    @Test func ofOneSubjectOneAfterTheOther() async throws {
        let world = try await LedgerWorld()
        try await world.store(1)
        let job = try await world.claim("decode")
        var result = JobResult()
        result.jobs = [FollowUp(queue: "q", data: JSONText(#"{"part":1}"#)), FollowUp(queue: "q", data: JSONText(#"{"part":2}"#))]
        _ = try await world.finish(job, result)
        let first = try await world.ledger.claim("q", max: 8, for: .seconds(60), worker: ForeignText("w"))
        #expect(first.map(\.job.data) == [JSONText(#"{"part":1}"#)])
        _ = try await world.ledger.fail(first[0].job.id, token: first[0].token, reason: ForeignText("busy"), retry: true)
        #expect(try await world.ledger.claim("q", max: 8, for: .seconds(60), worker: ForeignText("w")).isEmpty)
        world.machine.advance(by: .seconds(10))
        let again = try await world.claim("q")
        #expect(again.job.id == first[0].job.id)
        _ = try await world.finish(again)
        #expect(try await world.claim("q").job.data == JSONText(#"{"part":2}"#))
    }

    @Test func doneSaidTwiceGivesTheSameAnswerAndWritesOnce() async throws {
        let world = try await LedgerWorld()
        try await world.store(1)
        let job = try await world.claim("decode")
        var result = JobResult()
        result.annotations = ["audio": JSONText(#"{"level":-20}"#), "gaps": JSONText("[]")]
        result.screen = ScreenText(text: ForeignText("Noted"), style: .note, seconds: 30)
        result.jobs = [FollowUp(queue: "calendar")]
        result.usage = JSONText(#"{"seconds":1}"#)
        let receipt = try await world.finish(job, result)
        #expect(receipt.annotations == ["audio": 1, "gaps": 1])
        #expect(receipt.jobs.count == 2, "the follow-up and the routed transcribe")
        #expect(try await world.finish(job, result) == receipt)
        #expect(try await world.finish(job) == receipt)
        #expect(try await world.ledger.annotation(of: try #require(job.job.recording), name: "audio").version == 1)
        #expect(try await world.ledger.screens(waitingFor: world.life.card).map(\.id) == [receipt.screen])
        #expect(try await world.ledger.jobs(queue: "calendar").items.count == 1)
        #expect(try await world.ledger.jobs(queue: "transcribe").items.map(\.key) == ["A1-0007/5b0c91aa/r1/transcribe"])
    }

    @Test func theJobsOfOnePersonAreThoseOfWhatHeCarried() async throws {
        let world = try await LedgerWorld()
        let anna = try await world.ledger.addHolder(handle: "anna@example.com", name: "Anna", groups: [])
        let ben = try await world.ledger.addHolder(handle: "ben@example.com", name: "Ben", groups: [])
        try await world.ledger.assign(world.life.card, to: anna.id, from: TestMachine.morning)
        try await world.ledger.assign(world.life.card, to: ben.id, from: TestMachine.morning.advanced(by: 180_000))
        world.machine.advance(by: .seconds(600))
        for number in UInt32(1)...4 { try await world.store(number) }
        _ = try await world.commit(LedgerWorld.event(1, .button(.assistant, .double, recording: nil, offset: 0)))
        let all = try await world.ledger.jobs().items
        let annas = try await world.ledger.jobs(holder: anna.id).items
        let bens = try await world.ledger.jobs(holder: ben.id).items
        #expect(Set(annas.map(\.id)).isDisjoint(with: bens.map(\.id)) && annas.count + bens.count == all.count)
        #expect(all.contains { $0.recording == nil }, "a press alone is somebody's, too")
        let recordings = try await world.ledger.recordings(RecordingFilter(holder: anna.id)).items.map(\.id)
        #expect(recordings.count == 2 && Set(annas.compactMap(\.recording)) == Set(recordings))
        #expect(try await world.ledger.jobs(queue: "decode", holder: ben.id, limit: 1).items.count == 1)
    }

    @Test func whoLostTheLeaseWritesNothing() async throws {
        let world = try await LedgerWorld()
        let id = try await world.store(1)
        let slow = try await world.claim("decode", for: .seconds(60))
        world.machine.advance(by: .seconds(60))
        let quick = try await world.claim("decode")
        #expect(quick.job.id == slow.job.id)
        #expect(quick.job.attempt == 2)
        var result = JobResult()
        result.annotations = ["audio": JSONText("1")]
        #expect(await code { _ = try await world.finish(slow, result) } == .leaseLost)
        #expect(await code { try await world.ledger.extend(slow.job.id, token: slow.token, for: .seconds(60)) } == .leaseLost)
        #expect(try await world.ledger.recording(id).annotations.isEmpty)
        world.machine.advance(by: .seconds(50))
        try await world.ledger.extend(quick.job.id, token: quick.token, for: .seconds(60))
        world.machine.advance(by: .seconds(50))
        _ = try await world.finish(quick, result)
        #expect(try await world.ledger.recording(id).annotations == ["audio"])
    }

    @Test func manyResultsShareACommitAndFailAlone() async throws {
        let world = try await LedgerWorld()
        for number in 1...3 { try await world.store(UInt32(number)) }
        let jobs = try await world.ledger.claim("decode", max: 3, for: .seconds(60), worker: ForeignText("w"))
        #expect(jobs.count == 3)
        var good = JobResult()
        good.annotations = ["a": JSONText("1")]
        var bad = JobResult()
        bad.annotations = ["a": JSONText("1"), "b": JSONText("{no json")]
        let results = [good, bad, good]
        var worse = JobResult()
        worse.usage = JSONText("free")
        #expect(await code { _ = try await world.finish(jobs[1], worse) } == .invalid)
        let answers = try await world.ledger.finish(
            zip(jobs, results).map { Completion(job: $0.job.id, token: $0.token, result: $1) })
        #expect(answers.map { (try? $0.get()) != nil } == [true, false, true])
        #expect(try await world.ledger.recording(named: "anna/1").annotations == ["a"])
        #expect(try await world.ledger.recording(named: "anna/2").annotations.isEmpty)
        #expect(try await world.ledger.job(jobs[1].job.id).state == .leased)
    }

    @Test func failuresBackOffAndEndInTheGraveWithTheirReason() async throws {
        let world = try await LedgerWorld()
        let id = try await world.store(1)
        var waits: [Duration] = []
        for _ in 0..<3 {
            let job = try await world.claim("decode")
            let answer = try await world.ledger.fail(job.job.id, token: job.token, reason: ForeignText("no codec\u{7}"), retry: true)
            #expect(try await world.ledger.fail(job.job.id, token: job.token, reason: ForeignText("again"), retry: true) == answer)
            waits.append(answer.waits)
            world.machine.advance(by: answer.waits)
        }
        #expect(waits == [.seconds(10), .seconds(20), .zero])
        let dead = try await world.ledger.jobs(state: .dead).items
        #expect(dead.map { "\($0.reason ?? ForeignText(""))" } == [#"Gave up after 3 attempts. no codec\u{7}"#])
        let events = try await world.ledger.events(after: 0, EventFilter(types: ["job.*"]))
        #expect(events.items.map(\.recording) == [id])
        let retried = try await world.ledger.retry(dead[0].id)
        #expect(retried.state == .ready && retried.attempt == 0)
        #expect(await code { _ = try await world.ledger.retry(dead[0].id) } == .conflict)
    }

    @Test func askedForDelaysAndFinalFailuresAreObeyed() async throws {
        let world = try await LedgerWorld()
        try await world.store(1)
        let job = try await world.claim("upload")
        let answer = try await world.ledger.fail(
            job.job.id, token: job.token, reason: ForeignText("down"), retry: true, after: .seconds(300))
        #expect(answer.state == .ready && answer.waits == .seconds(300))
        let other = try await world.claim("decode")
        let end = try await world.ledger.fail(other.job.id, token: other.token, reason: ForeignText("never"), retry: false)
        #expect(end.state == .dead)
    }

    @Test func aLeaseThatRunsOutAgainAndAgainBuriesTheJob() async throws {
        let world = try await LedgerWorld()
        try await world.store(1)
        for _ in 0..<3 {
            _ = try await world.claim("decode", for: .seconds(1))
            world.machine.advance(by: .seconds(1))
        }
        #expect(try await world.ledger.claim("decode", max: 1, for: .seconds(1), worker: ForeignText("w")).isEmpty)
        #expect(try await world.ledger.jobs(queue: "decode").items.map(\.state) == [.dead])
    }

    @Test func aRebootEndsLeasesAndABackOffWaitsOnceMore() async throws {
        var world = try await LedgerWorld()
        try await world.store(1)
        world.machine.advance(by: .seconds(1_000_000))
        let leased = try await world.claim("decode", for: .seconds(3600))
        let failed = try await world.claim("upload")
        _ = try await world.ledger.fail(failed.job.id, token: failed.token, reason: ForeignText("down"), retry: true, after: .seconds(600))
        world = try await world.reopened()
        #expect(try await world.ledger.job(leased.job.id).state == .leased, "a restart of the program alone ends no lease")
        try await world.ledger.extend(leased.job.id, token: leased.token, for: .seconds(3600))
        world = try await world.reopened(boot: "second")
        #expect(await code { _ = try await world.finish(leased) } == .leaseLost)
        #expect(try await world.claim("decode").job.attempt == 2)
        #expect(try await world.ledger.claim("upload", max: 1, for: .seconds(1), worker: ForeignText("w")).isEmpty)
        world.machine.advance(by: .seconds(600))
        #expect(try await world.claim("upload").job.attempt == 2)
    }

    @Test func aJobThatWasHeldOverARebootWaitsNoLongerThanItsDelay() async throws {
        var world = try await LedgerWorld()
        let id = try await world.store(1)
        world.machine.advance(by: .seconds(1_000_000))
        let failed = try await world.claim("upload")
        _ = try await world.ledger.fail(failed.job.id, token: failed.token, reason: ForeignText("down"), retry: true, after: .seconds(600))
        try await world.ledger.noteMissing(id, cause: "The disk was not mounted.")
        world = try await world.reopened(boot: "second")
        try await world.ledger.noteFound(id, size: 100)
        #expect(try await world.ledger.claim("upload", max: 1, for: .seconds(1), worker: ForeignText("w")).isEmpty)
        world.machine.advance(by: .seconds(600))
        #expect(try await world.claim("upload").job.attempt == 2)
    }

    @Test func anArtifactIsKeptOnlyIfDoneNamesIt() async throws {
        let world = try await LedgerWorld()
        let id = try await world.store(1)
        let job = try await world.claim("decode")
        let claim = ArtifactClaim(sha256: LedgerWorld.digest(9), size: 44, type: ForeignText("audio/wav"))
        var result = JobResult()
        result.artifacts = ["audio.wav": claim]
        #expect(await code { _ = try await world.finish(job, result) } == .digestDiffers)
        #expect(try await world.ledger.received(artifact: "audio.wav", claim, file: "art_1", for: job.job.id, token: job.token).isEmpty)
        #expect(try await world.ledger.received(artifact: "other.wav", claim, file: "art_2", for: job.job.id, token: job.token).isEmpty)
        #expect(try await world.ledger.artifactFiles() == ["art_1", "art_2"])
        _ = try await world.finish(job, result)
        #expect(try await world.ledger.artifactFiles() == ["art_1"])
        #expect(try await world.ledger.artifact(of: id, name: "audio.wav").file == "art_1")
        #expect(await code { _ = try await world.ledger.artifact(of: id, name: "other.wav") } == .notFound)
    }

    @Test func aDestinationIsBelievedByDigest() async throws {
        let world = try await LedgerWorld()
        let id = try await world.store(1)
        let job = try await world.claim("upload")
        var result = JobResult()
        result.delivery = DeliveryClaim(destination: "archive", object: ForeignText("anna/1.opus"), sha256: LedgerWorld.digest(2), size: 100)
        #expect(await code { _ = try await world.finish(job, result) } == .digestDiffers)
        #expect(try await world.ledger.deliveries(of: id).isEmpty)
        result.delivery = DeliveryClaim(destination: "archive", object: ForeignText("anna/1.opus"), sha256: LedgerWorld.digest(1), size: 100)
        _ = try await world.finish(job, result)
        #expect(try await world.ledger.deliveries(of: id).map(\.destination) == ["archive"])
        #expect(try await world.ledger.recording(id).deliveredAt == world.machine.now)
    }

    @Test func annotationsKeepTheirVersions() async throws {
        let world = try await LedgerWorld()
        let id = try await world.store(1)
        let first = try await world.ledger.annotate(id, name: "risk", value: JSONText("1"), by: "uid:1", replacing: 0)
        #expect(first.version == 1)
        #expect(await code { _ = try await world.ledger.annotate(id, name: "risk", value: JSONText("2"), by: "x", replacing: 0) } == .conflict)
        #expect(try await world.ledger.annotate(id, name: "risk", value: JSONText("2"), by: "x", replacing: 1).version == 2)
        #expect(try await world.ledger.annotation(of: id, name: "risk").value == JSONText("2"))
        #expect(try await world.ledger.annotation(of: id, name: "risk", version: 1).value == JSONText("1"))
        #expect(await code { _ = try await world.ledger.annotate(id, name: "../x", value: JSONText("2"), by: "x") } == .invalid)
    }

    @Test func aTextWaitsForItsCardAndExpires() async throws {
        let world = try await LedgerWorld()
        let text = ScreenText(text: ForeignText("hello"), style: .alert, seconds: 5)
        let first = try await world.ledger.show(text, on: world.life.card)
        #expect(try await world.ledger.cardsWithScreens() == [world.life.card])
        try await world.ledger.shown(first.id)
        try await world.ledger.shown(first.id)
        #expect(try await world.ledger.nextScreenExpiry() == nil)
        let second = try await world.ledger.show(text, on: world.life.card)
        world.machine.advance(by: .seconds(60))
        #expect(try await world.ledger.nextScreenExpiry() == Ledger.screenPatience - .seconds(60))
        world.machine.advance(by: Ledger.screenPatience - .seconds(60))
        #expect(try await world.ledger.cardsWithScreens() == [world.life.card], "it is overdue, and nobody was told")
        #expect(try await world.ledger.nextScreenExpiry() == nil)
        #expect(try await world.ledger.screens(waitingFor: world.life.card).isEmpty)
        #expect(try await world.ledger.screen(second.id).state == .expired)
        try await world.ledger.shown(second.id)
        #expect(try await world.ledger.screen(second.id).state == .expired, "a card that shows it too late changes nothing")
        let events = try await world.ledger.events(after: 0, EventFilter(types: ["screen.*"]))
        #expect(events.items.map(\.type) == ["screen.shown", "screen.expired"])
    }
}
