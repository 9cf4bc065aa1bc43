import APIClient
import GatewayAPI
import GatewayTestSupport
import Ledger
import Radio
import Recordings
import Testing

@Suite(.timeLimit(.minutes(10))) struct FeedRouteTests {
    @Test func eventsAreListedBehindAPosition() async throws {
        try await GatewayWorld.run { world in
            try await world.press(1...5)
            let all = try await world.control.events(types: ["button.*"], card: "anna")
            #expect(all.items.count == 5)
            #expect(all.items.map { $0.data["number"] } == (1...5).map { .integer($0) })
            #expect(all.items.first?.data["button"] == .string("assistant"))
            #expect(all.items.first?.data["key"] == .string("A1-0007EC7C21/5b0c91aa/e1"))
            let third = try #require(all.items[2].position)
            #expect(try await world.control.events(after: third, types: ["earshot.button.pressed"]).items == Array(all.items[3...]))
            #expect(try await world.control.events(after: all.after).items.isEmpty)
        }
    }

    @Test func aPollEndsWithTheFirstEvent() async throws {
        try await GatewayWorld.run { world in
            let start = try await world.control.events().after
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let page = try await world.control.events(after: start, wait: 60)
                    #expect(page.items.first?.type == "earshot.button.pressed")
                }
                while world.ledger.signals.waiting == 0 { await Task.yield() }
                try await world.press(1...1)
                try await group.waitForAll()
            }
        }
    }

    @Test func aStreamIsTakenUpWhereItBroke() async throws {
        try await GatewayWorld.run { world in
            try await world.press(1...3)
            let seen = Collected<JSONValue?>()
            let ids = Collected<String?>()
            let path = Routes.events.path(query: ["types": "button.pressed"])
            try await world.control.stream(EventMessage.self, path) { event, id in
                ids.add(id)
                return seen.add(event.data["number"]) < 2
            }
            let last = try #require(ids.all.last ?? nil)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await world.control.stream(EventMessage.self, path, after: last) { event, _ in
                        seen.add(event.data["number"]) < 5
                    }
                }
                while world.ledger.signals.waiting == 0 { await Task.yield() }
                try await world.press(4...5)
                try await group.waitForAll()
            }
            #expect(seen.all == (1...5).map { .integer($0) })
        }
    }

    @Test func activityIsSeenAsItGoesOn() async throws {
        try await GatewayWorld.run { world in
            let (began, start) = AsyncStream.makeStream(of: Void.self)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await world.control.activity { message in
                        start.yield()
                        guard message.what == "transfer_progress" else { return true }
                        #expect(message.card?.name == "anna")
                        #expect(message.recording == 2)
                        #expect((message.offset, message.size) == (5, 9))
                        return false
                    }
                }
                group.addTask {
                    // Nobody hears what was published before the stream began: publish until it has.
                    let at = UTCTime(milliseconds: 1)
                    await withTaskGroup(of: Void.self) { inner in
                        inner.addTask {
                            while !Task.isCancelled {
                                world.activity.publish(Activity(card: nil, at: at, what: .adapter(state: "scan\u{1B}ning")))
                                await Task.yield()
                            }
                        }
                        for await _ in began { break }
                        inner.cancelAll()
                    }
                    world.activity.publish(
                        Activity(card: world.card.id, at: at, what: .transferProgress(recording: 2, offset: 5, size: 9)))
                }
                try await group.waitForAll()
            }
        }
    }
}
