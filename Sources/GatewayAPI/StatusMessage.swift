package import Recordings

/// `GET /v1/status`: the box in one answer.
package struct StatusMessage: Codable, Hashable, Sendable {
    /// The gateway's id, `gw_…`, and its name from the configuration.
    package let gateway: String
    package let name: String
    package let version: String
    package let now: UTCTime
    package let started: UTCTime
    package let timeZone: String
    package let adapters: [AdapterMessage]
    /// Why there is no Bluetooth at all; left out while there is.
    package let radioTrouble: String?
    package let cards: Int
    /// How many recordings are in each state; states without one are left out.
    package let recordings: [String: Int]
    package let deliveries: Int
    package let queues: [QueueMessage]
    package let disk: DiskMessage
    /// What hinders the whole box now.
    package let conditions: [ConditionMessage]
    /// The sequence of the newest event; 0 for none.
    package let lastEvent: Int64

    package enum CodingKeys: String, CodingKey {
        case gateway, name, version, now, started, adapters, cards, recordings, deliveries, queues, disk, conditions
        case timeZone = "time_zone"
        case radioTrouble = "radio_trouble"
        case lastEvent = "last_event"
    }

    package init(
        gateway: String, name: String, version: String, now: UTCTime, started: UTCTime, timeZone: String, adapters: [AdapterMessage],
        radioTrouble: String? = nil, cards: Int, recordings: [String: Int], deliveries: Int, queues: [QueueMessage], disk: DiskMessage,
        conditions: [ConditionMessage], lastEvent: Int64
    ) {
        self.gateway = gateway
        self.name = name
        self.version = version
        self.now = now
        self.started = started
        self.timeZone = timeZone
        self.adapters = adapters
        self.radioTrouble = radioTrouble
        self.cards = cards
        self.recordings = recordings
        self.deliveries = deliveries
        self.queues = queues
        self.disk = disk
        self.conditions = conditions
        self.lastEvent = lastEvent
    }
}

package struct AdapterMessage: Codable, Hashable, Sendable {
    package let address: String
    package let name: String
    /// `scanning`, `connecting`, `recovering`, `idle`, `off`, `gone`.
    package let state: String
    package let links: Int
    /// What is wrong with it and what to do; left out while nothing is.
    package let trouble: String?

    package init(address: String, name: String, state: String, links: Int, trouble: String? = nil) {
        self.address = address
        self.name = name
        self.state = state
        self.links = links
        self.trouble = trouble
    }
}

package struct DiskMessage: Codable, Hashable, Sendable {
    package let free: UInt64
    /// Below this pulling stops and the cards keep their copies.
    package let reserve: UInt64

    package init(free: UInt64, reserve: UInt64) {
        self.free = free
        self.reserve = reserve
    }
}

package struct ConditionMessage: Codable, Hashable, Sendable {
    package let name: String
    package let detail: String
    package let since: UTCTime

    package init(name: String, detail: String, since: UTCTime) {
        self.name = name
        self.detail = detail
        self.since = since
    }
}
