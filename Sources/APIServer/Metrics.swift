internal import GatewayAPI
internal import Ledger
internal import Radio
internal import RecordingStore
internal import Recordings

extension Backend {
    /// The box for Prometheus (docs/metrics.md). Cards stand there by id, people not at all.
    package func metrics() async throws -> String {
        let facts = try await ledger.status()
        let cards = try await ledger.cards()
        let radio = await radio.status()
        let room = try await files.room()
        var page = MetricsPage()
        page.add(
            "earshot_build_info", .gauge, "1; the version of earshotd and the gateway's id.",
            [(["version": version, "gateway": facts.gateway.id.description], 1)])
        page.add("earshot_start_time_seconds", .gauge, "When earshotd started, in seconds since 1970.", Self.seconds(started))
        Self.add(facts, to: &page)
        Self.add(cards, radio, to: &page)
        page.add("earshot_disk_free_bytes", .gauge, "Bytes free on the volume of the recordings.", Double(room.free))
        page.add("earshot_disk_reserve_bytes", .gauge, "Below so many free bytes pulling stops.", Double(room.reserve))
        let requests = requests.counts
        page.add(
            "earshot_api_requests_total", .counter, "Answers of the API since the start, by socket and HTTP status.",
            requests.map { (["socket": $0.door.rawValue, "code": String($0.status)], Double($0.count)) })
        return page.text
    }

    private static func add(_ facts: StatusFacts, to page: inout MetricsPage) {
        page.add(
            "earshot_recordings", .gauge, "Recordings in each state.",
            RecordingState.allCases.map { (["state": $0.rawValue], Double(facts.recordings[$0] ?? 0)) })
        page.add("earshot_deliveries", .gauge, "Copies that destinations confirmed.", Double(facts.deliveries))
        page.add(
            "earshot_queue_jobs", .gauge, "Jobs of a queue in each state.",
            facts.queues.flatMap { queue in
                JobState.allCases.map { (["queue": queue.name, "state": $0.rawValue], Double(queue.counts[$0] ?? 0)) }
            })
        page.add(
            "earshot_queue_oldest_job_timestamp_seconds", .gauge, "When the oldest job that waits or is worked on was made.",
            facts.queues.compactMap { queue in queue.oldest.map { (["queue": queue.name], seconds($0)) } })
        page.add(
            "earshot_condition", .gauge, "1 while something hinders the whole box.", facts.conditions.map { (["condition": $0.name], 1) })
        page.add("earshot_events_total", .counter, "Events in the log.", Double(facts.lastEvent))
    }

    private static func add(_ cards: [CardInfo], _ radio: RadioStatus, to page: inout MetricsPage) {
        func each(_ value: (CardInfo) -> Double?) -> [(labels: KeyValuePairs<String, String>, value: Double)] {
            cards.compactMap { card in value(card).map { (["card": card.id.description], $0) } }
        }
        let states = Dictionary(radio.cards.map { ($0.card, $0) }) { first, _ in first }
        page.add("earshot_cards", .gauge, "Paired cards.", Double(cards.count))
        page.add("earshot_card_seen_timestamp_seconds", .gauge, "When a session with the card last began.", each { $0.seenAt.map(seconds) })
        page.add(
            "earshot_card_heard_timestamp_seconds", .gauge, "When the card's radio was last heard.",
            each { states[$0.id]?.lastHeard.map(seconds) })
        page.add("earshot_card_linked", .gauge, "1 while a link to the card stands.", each { states[$0.id]?.presence == "linked" ? 1 : 0 })
        page.add("earshot_card_recordings_waiting", .gauge, "Recordings that the card has and this box has not.", each { Double($0.waiting) })
        page.add("earshot_card_recordings_held", .gauge, "Recordings of the card that are here.", each { Double($0.held) })
        page.add("earshot_radio_up", .gauge, "1 while there is Bluetooth on the system bus.", radio.trouble == nil ? 1 : 0)
        page.add(
            "earshot_adapter_up", .gauge, "1 while the adapter can be used.",
            radio.adapters.map { (["adapter": $0.name], ["off", "gone"].contains($0.state) || $0.trouble != nil ? 0 : 1) })
        page.add("earshot_adapter_links", .gauge, "Links of the adapter.", radio.adapters.map { (["adapter": $0.name], Double($0.links)) })
    }

    private static func seconds(_ time: UTCTime) -> Double { Double(time.milliseconds) / 1000 }
}
