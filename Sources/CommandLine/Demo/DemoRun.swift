internal import APIClient
internal import GatewayAPI
internal import Recordings

/// The demo's script: what a person would do with the sandbox's parts, and what is seen to follow.
struct DemoRun: Sendable {
    let sandbox: Sandbox
    let story: DemoStory
    let observations: Observations
    /// Recorded speech, /usr/share/sounds/alsa of Debian's alsa-utils.
    let speech: [String]
    let say: @Sendable (String) -> Void

    private var anna: CardRemote { sandbox.card("anna") }
    private var ben: CardRemote { sandbox.card("ben") }

    func run() async throws -> DemoFindings {
        let start = ContinuousClock.now
        say("Filling the cards with recorded speech")
        try await record(on: anna)
        try await record(on: ben)
        try await anna.tell("fault", "drop", "--count", "2", "--after", "\(story.dropAfter)")
        try await ben.tell("fault", "wrong-digest", "--recording", "2", "--lie", "refuse-once")
        say("Starting the gateway and its workers")
        try await sandbox.startGateway()
        try await sandbox.startWorkers()
        return try await withThrowingTaskGroup(of: DemoFindings?.self) { group in
            group.addTask {
                try await observations.follow(sandbox.client)
                return nil
            }
            group.addTask {
                var findings = try await script()
                findings.took = ContinuousClock.now - start
                return findings
            }
            defer { group.cancelAll() }
            while let findings = try await group.next() {
                if let findings { return findings }
            }
            throw CancellationError()
        }
    }

    private func script() async throws -> DemoFindings {
        let begun = ContinuousClock.now
        async let drop = droppedNotifications(since: begun)
        async let loss = lostLink(since: begun)
        _ = try await sandbox.enrol("anna")
        say("anna is paired")
        async let kill = killedGateway(since: begun)
        async let lie = lyingDigest(since: begun)
        _ = try await sandbox.enrol("ben")
        say("ben is paired")
        var mishaps = [try await loss, try await kill, try await drop, try await lie]
        try await settled()
        let press = try await pressOneKey()
        try await settled()
        var findings = DemoFindings()
        let proof = DemoProof(sandbox: sandbox)
        try await proof.fill(&findings)
        mishaps[0] = proof.checked(mishaps[0], of: "anna/2", in: findings)
        mishaps[1] = proof.checked(mishaps[1], of: "ben/1", in: findings)
        findings.mishaps = mishaps
        findings.oneKey = try await proof.oneKey(press: press)
        return findings
    }

    // MARK: - What the cards hold

    private func record(on card: CardRemote) async throws {
        for (index, recording) in story.recordings(of: card.name).enumerated() {
            if recording.clockUnset { try await card.tell("reboot") }
            var words = ["record"] + speech + ["--kind", recording.kind, "--length", "\(recording.seconds)", "--marks", "\(recording.marks)"]
            words += ["--ended-ago", "\(recording.endedAgo)"]
            try await card.tell(words)
            if recording.isDeleted { try await card.tell("delete", "\(index + 1)") }
        }
    }

    // MARK: - What goes wrong

    private func lostLink(since begun: ContinuousClock.Instant) async throws -> DemoFindings.Mishap {
        let started = try await transfer(of: 2, on: "anna", since: begun)
        let size = started.activity.size ?? 0
        try await anna.tell("fault", "link-loss", "--after", "\(Int(Double(size) * story.linkLossAt))")
        let lost = try await observations.first("the end of anna's session", since: started.at) {
            $0.card?.name == "anna" && $0.what == "session_ended"
        }
        let again = try await transfer(of: 2, on: "anna", since: lost.at)
        let offset = again.activity.offset ?? 0
        return DemoFindings.Mishap(
            what: "link lost at \(percent(offset, of: size)) % of anna/2",
            then: wentOn(offset, of: size, after: again.at - lost.at), proof: "", isMended: offset > 0)
    }

    private func killedGateway(since begun: ContinuousClock.Instant) async throws -> DemoFindings.Mishap {
        let reached = try await middleOfTransfer(since: begun)
        let size = reached.activity.size ?? 0
        await sandbox.killGateway()
        let killed = ContinuousClock.now
        say("earshotd was killed (SIGKILL) and is started again")
        try await sandbox.startGateway()
        let again = try await transfer(of: 1, on: "ben", since: killed)
        let offset = again.activity.offset ?? 0
        return DemoFindings.Mishap(
            what: "earshotd killed at \(percent(reached.activity.offset ?? 0, of: size)) % of ben/1",
            then: wentOn(offset, of: size, after: again.at - killed), proof: "", isMended: offset > 0)
    }

    /// Well into ben/1, with some of it durable already: the gateway makes bytes durable each 2 s.
    private func middleOfTransfer(since begun: ContinuousClock.Instant) async throws -> Observations.Heard {
        let part = story.killAt
        var since = begun
        while true {
            let moment = since
            let reached = try await observations.first("the middle of ben/1", since: moment) {
                $0.card?.name == "ben" && $0.recording == 1 && $0.what == "transfer_progress" && Double($0.offset ?? 0) >= part * Double($0.size ?? 1)
            }
            if try await sandbox.client.recording("ben/1").durable > 0 { return reached }
            since = reached.at.advanced(by: .nanoseconds(1))
        }
    }

    private func droppedNotifications(since begun: ContinuousClock.Instant) async throws -> DemoFindings.Mishap {
        let gap = try await observations.first("the gap that two dropped notifications leave", since: begun) {
            $0.card?.name == "anna" && $0.what == "gap"
        }
        let kept = gap.activity.offset ?? 0
        let recording = gap.activity.recording ?? 0
        let stored = try await observations.first("anna/\(recording) stored", since: gap.at) {
            $0.card?.name == "anna" && $0.what == "stored" && $0.recording == recording
        }
        let faults = try await anna.ask("fault", "show", as: CardFaults.self)
        return DemoFindings.Mishap(
            what: "\(faults.droppedValues == 2 ? "two" : "\(faults.droppedValues)") notifications dropped by BlueZ",
            then: "gap seen at byte \(grouped(kept)) of anna/\(recording)",
            proof: "mended in \(DemoScreen.seconds(stored.at - gap.at)) s", isMended: faults.droppedValues == 2)
    }

    private func lyingDigest(since begun: ContinuousClock.Instant) async throws -> DemoFindings.Mishap {
        let lied = try await observations.first("ben's card refusing a digest", since: begun) {
            $0.card?.name == "ben" && $0.what == "digest_differs" && $0.recording == 2
        }
        let released = try await observations.first("ben/2 released", since: lied.at) {
            $0.card?.name == "ben" && $0.what == "released" && $0.recording == 2
        }
        return DemoFindings.Mishap(
            what: "a card that lied about its digest", then: "ben/2 kept apart, read again, equal",
            proof: "released in \(DemoScreen.seconds(released.at - lied.at)) s", isMended: true)
    }

    private func transfer(of recording: UInt32, on card: String, since: ContinuousClock.Instant) async throws -> Observations.Heard {
        try await observations.first("a transfer of \(card)/\(recording)", since: since) {
            $0.card?.name == card && $0.recording == recording && $0.what == "transfer_started"
        }
    }

    // MARK: - One key

    private func pressOneKey() async throws -> CardPress {
        say("anna presses the assistant button twice and speaks a memo")
        let pressed = ContinuousClock.now
        var words = ["press", "assistant", "--double", "--memo-length", "\(story.memoSeconds)"]
        for file in speech { words += ["--memo", file] }
        let press = try await anna.ask(words, as: CardPress.self)
        _ = try await observations.first("the agent's answer on anna's screen", since: pressed) {
            $0.card?.name == "anna" && $0.what == "screen_shown"
        }
        return press
    }

    /// Waits until every recording that is here is proven and delivered, nothing waits on the cards, and no worker has anything left to do.
    private func settled() async throws {
        var after = try await sandbox.client.status().lastEvent
        for _ in 0..<10_000 {
            let audit = try await sandbox.client.audit()
            let waits = audit.exceptions.contains { $0.kind.known == .waiting }
            let behind = audit.cards.contains { $0.delivered < $0.held || $0.eventsHeld < $0.events }
            let isWorkedOn = try await sandbox.client.queues().items.contains { $0.ready + $0.leased > 0 }
            if !waits && !behind && !isWorkedOn { return }
            // Not every job's end is an event.
            let news = try await sandbox.client.events(after: after, wait: waits || behind ? 10 : 1)
            after = news.after
        }
        throw ProgramFailure(description: "The recordings did not all arrive and get delivered.")
    }

    /// After a kill this is less than what had been received: only what was made durable counts.
    private func wentOn(_ offset: UInt64, of size: UInt64, after: Duration) -> String {
        "went on at \(percent(offset, of: size)) %, byte \(grouped(offset)), after \(DemoScreen.seconds(after)) s"
    }

    private func percent(_ part: UInt64, of whole: UInt64) -> Int { whole == 0 ? 0 : Int(part * 100 / whole) }

    private func grouped(_ number: UInt64) -> String {
        var digits = Array(String(number))
        var position = digits.count - 3
        while position > 0 {
            digits.insert(",", at: position)
            position -= 3
        }
        return String(digits)
    }
}

/// `earshot-card NAME fault show --json`
struct CardFaults: Decodable {
    let droppedValues: Int

    enum CodingKeys: String, CodingKey {
        case droppedValues = "dropped_values"
    }
}

/// `earshot-card NAME press … --json`
struct CardPress: Decodable {
    let event: UInt32
    let memo: UInt32?
}
