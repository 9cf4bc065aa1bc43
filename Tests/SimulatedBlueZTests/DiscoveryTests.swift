import DBus
import GATT
import SimulatedBlueZ
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct DiscoveryTests {
    @Test func adapterAndAgentManagerAreThereFromTheStart() async throws {
        try await World.with { world in
            let objects = try await world.objects()
            #expect(objects[World.path]?.keys.sorted() == ["org.bluez.Adapter1"])
            #expect(objects.count == 2)
            let adapter = try #require(objects[World.path]?["org.bluez.Adapter1"])
            #expect(adapter["Address"] == .string("02:00:00:00:00:01"))
            #expect(adapter["AddressType"] == .string("public"))
            #expect(adapter["Powered"] == .boolean(true))
            #expect(adapter["Discovering"] == .boolean(false))
            #expect(adapter["Roles"] == .strings(["central", "peripheral"]))
            #expect(try await world.adapter("GetDiscoveryFilters").first?.asStrings?.contains("DuplicateData") == true)
        }
    }

    @Test func aDeviceAppearsWithWhatItAdvertises() async throws {
        try await World.with { world in
            try await world.adapter("StartDiscovery")
            let device = try await world.until { $0[World.device] != nil }[World.device]?["org.bluez.Device1"]
            let properties = try #require(device)
            #expect(properties["Address"] == .string("C0:FF:EE:00:00:01"))
            #expect(properties["AddressType"] == .string("random"))
            #expect(properties["Alias"] == .string("C0-FF-EE-00-00-01"))
            #expect(properties["Adapter"] == .objectPath(World.path))
            #expect(properties["RSSI"] == .int16(-50))
            #expect(properties["UUIDs"] == .strings([EchoService.service.description]))
            let q = try #require(DBusSignature("q"))
            #expect(
                properties["ManufacturerData"]
                    == .dictionary(key: q, value: .variant, [DBusEntry(.uint16(0xFFFF), .variant(.bytes([0, 0, 0, 0])))]))
            for name in ["Paired", "Bonded", "Trusted", "Blocked", "Connected", "ServicesResolved", "LegacyPairing"] {
                #expect(properties[name] == .boolean(false))
            }
            #expect(properties["Name"] == nil)
            #expect(properties["TxPower"] == nil)
        }
    }

    @Test func newDataIsAnnouncedWhileDiscovering() async throws {
        try await World.with { world in
            try await world.adapter("SetDiscoveryFilter", [.properties(["UUIDs": .strings([EchoService.service.description])])])
            try await world.adapter("StartDiscovery")
            try await world.until { $0[World.device] != nil }
            world.service.advertise([1, 2, 3, 4])
            try await world.until {
                $0[World.device]?["org.bluez.Device1"]?["ManufacturerData"]?.asEntries?.first?.value.asBytes == [1, 2, 3, 4]
            }
            try await world.adapter("StopDiscovery")
            let device = try await world.objects()[World.device]?["org.bluez.Device1"]
            #expect(device?["RSSI"] == nil)
            #expect(device?["ManufacturerData"] != nil)
        }
    }

    @Test func aFilterHidesOtherServices() async throws {
        try await World.with { world in
            let other = "0000180d-0000-1000-8000-00805f9b34fb"
            try await world.adapter("SetDiscoveryFilter", [.properties(["UUIDs": .strings([other])])])
            try await world.adapter("StartDiscovery")
            try await world.withOtherClient { second in
                // What the second client's discovery finds, the first one's would have found too.
                try await second.adapter("SetDiscoveryFilter", [.properties(["UUIDs": .strings([other]), "Transport": .string("le")])])
                try await second.adapter("StartDiscovery")
                #expect(try await second.objects()[World.device] == nil)
                try await second.adapter("SetDiscoveryFilter", [.properties(["UUIDs": .strings([EchoService.service.description])])])
                try await second.until { $0[World.device] != nil }
            }
        }
    }

    @Test func aDeviceThatWasOnlyHeardGoesAway() async throws {
        var settings = World.quick
        // Longer than a busy machine takes to look at what was announced.
        settings.temporaryTimeout = .seconds(4)
        try await World.with(settings: settings) { world in
            try await world.adapter("StartDiscovery")
            try await world.until { $0[World.device] != nil }
            try await world.adapter("StopDiscovery")
            try await world.until { $0[World.device] == nil }
        }
    }

    @Test func discoveryIsRefusedInBluetoothdsWords() async throws {
        try await World.with { world in
            #expect(try await world.refusal { try await world.adapter("StopDiscovery") } == "org.bluez.Error.Failed: No discovery started")
            try await world.adapter("StartDiscovery")
            #expect(
                try await world.refusal { try await world.adapter("StartDiscovery") }
                    == "org.bluez.Error.InProgress: Operation already in progress")
            let invalid = "org.bluez.Error.InvalidArguments: Invalid arguments in method call"
            for filter: [String: DBusValue] in [
                ["RSSI": .int16(30)], ["RSSI": .string("-50")], ["UUIDs": .strings(["nonsense"])], ["Unknown": .boolean(true)],
                ["RSSI": .int16(-50), "Pathloss": .uint16(3)],
            ] {
                #expect(try await world.refusal { try await world.adapter("SetDiscoveryFilter", [.properties(filter)]) } == invalid)
            }
            let missing = ObjectPath.root.appending("missing")
            #expect(
                try await world.refusal { try await world.adapter("RemoveDevice", [.objectPath(missing)]) }
                    == "org.bluez.Error.DoesNotExist: Does Not Exist")
        }
    }

    @Test func discoveryEndsWithItsClient() async throws {
        try await World.with { world in
            try await world.withOtherClient { other in
                try await other.adapter("StartDiscovery")
                try await world.until { $0[World.path]?["org.bluez.Adapter1"]?["Discovering"] == .boolean(true) }
            }
            try await world.until { $0[World.path]?["org.bluez.Adapter1"]?["Discovering"] == .boolean(false) }
        }
    }

    @Test func anAdapterThatIsOffDoesNothing() async throws {
        try await World.with { world in
            try await world.connect()
            _ = try await world.client.call(
                "org.bluez", World.path, "org.freedesktop.DBus.Properties", "Set",
                [.string("org.bluez.Adapter1"), .string("Powered"), .variant(.boolean(false))], within: .seconds(120))
            try await world.untilDevice("Connected", .boolean(false))
            #expect(try await world.refusal { try await world.adapter("StartDiscovery") } == "org.bluez.Error.NotReady: Resource Not Ready")
            #expect(try await world.refusal { try await world.device("Connect") } == "org.bluez.Error.Failed: Input/output error")
        }
    }
}
