internal import GATT

/// Notifications, indications and commands.
enum GATTContractValues {
    static let cases = [
        GATTContractCase("notifications come whole, once and in order") { world in
            try await world.connected { peripheral in
                try await peripheral.withValues(of: EchoService.stream, delivery: .privateSocket, capacity: 1000) { stream in
                    // Fewer than a host's socket holds: nothing may be lost.
                    try await peripheral.write(EchoService.count(100, of: 200), to: EchoService.stream, within: GATTContractWorld.patience)
                    var numbers: [UInt16] = []
                    while numbers.count < 100 {
                        let batch = try await stream.next()
                        for position in 0..<batch.count {
                            try world.check(batch[position].count == 200, "a value of \(batch[position].count) bytes")
                            numbers.append(EchoService.number(in: batch[position]))
                        }
                    }
                    try world.check(numbers == Array(0..<100), "numbers \(numbers)")
                    try world.check(stream.takeWaiting().isEmpty, "more than was sent")
                }
            }
        },
        GATTContractCase("the device is told of subscribing and unsubscribing") { world in
            try await world.connected { peripheral in
                for round in 1...2 {
                    try await peripheral.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 4) { _ in
                        try await world.device.told(.subscribed(true, EchoService.echo), times: round)
                    }
                    try await world.device.told(.subscribed(false, EchoService.echo), times: round)
                }
            }
        },
        GATTContractCase("commands arrive in order") { world in
            try await world.connected { peripheral in
                try await peripheral.withValues(of: EchoService.command, delivery: .privateSocket, capacity: 100) { stream in
                    for number in UInt8(0)..<20 { try await peripheral.writeWithoutResponse([number], to: EchoService.command) }
                    var echoed: [UInt8] = []
                    while echoed.count < 20 {
                        let batch = try await stream.next()
                        for position in 0..<batch.count { echoed += batch[position] }
                    }
                    try world.check(echoed == Array(0..<20), "echoed \(echoed)")
                }
            }
        },
        GATTContractCase("indications come in order over the shared path only") { world in
            try await world.connected { peripheral in
                try await world.expect(.notSupported, from: "a private socket for indications") {
                    try await peripheral.withValues(of: EchoService.indicated, delivery: .privateSocket, capacity: 4) { _ in }
                }
                try await peripheral.withValues(of: EchoService.indicated, delivery: .sharedAllowed, capacity: 16) { stream in
                    for value in UInt8(1)...3 {
                        try await peripheral.write([value], to: EchoService.indicated, within: GATTContractWorld.patience)
                        var received: [UInt8] = []
                        while received.count < 3 {
                            let batch = try await stream.next()
                            for position in 0..<batch.count { received += batch[position] }
                        }
                        try world.check(received == [value, value, value], "received \(received)")
                    }
                }
            }
        },
        GATTContractCase("a private socket is taken where sharing is only allowed") { world in
            try await world.connected { peripheral in
                try await peripheral.withValues(of: EchoService.echo, delivery: .sharedAllowed, capacity: 4) { stream in
                    try await peripheral.write([9], to: EchoService.echo, within: GATTContractWorld.patience)
                    let batch = try await stream.next()
                    try world.check(batch.count == 1 && Array(batch[0]) == [9], "echo")
                }
            }
        },
        GATTContractCase("subscribing where nothing is sent is refused") { world in
            try await world.connected { peripheral in
                for delivery in [ValueDelivery.privateSocket, .sharedAllowed] {
                    try await world.expect(.notSupported, .attError, from: "subscribing") {
                        try await peripheral.withValues(of: EchoService.memory, delivery: delivery, capacity: 4) { _ in }
                    }
                }
            }
        },
        GATTContractCase("a second subscription of the same values is refused, the first goes on") { world in
            try await world.connected { peripheral in
                try await peripheral.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 4) { stream in
                    try await world.expect(.notificationsHeld, from: "the second") {
                        try await peripheral.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 4) { _ in }
                    }
                    try await peripheral.write([3], to: EchoService.echo, within: GATTContractWorld.patience)
                    let batch = try await stream.next()
                    try world.check(batch.count == 1, "echo")
                }
            }
        },
        GATTContractCase("more values than the stream holds end it with overflow") { world in
            try await world.connected { peripheral in
                try await peripheral.withValues(of: EchoService.stream, delivery: .privateSocket, capacity: 4) { stream in
                    try await peripheral.write(EchoService.count(20, of: 20), to: EchoService.stream, within: GATTContractWorld.patience)
                    // All 20 were sent before the write was answered, and nobody took one: at most a few can be taken now.
                    var numbers: [UInt16] = []
                    try await world.expect(.overflow, from: "the stream") {
                        while numbers.count < 20 {
                            let batch = try await stream.next()
                            for position in 0..<batch.count { numbers.append(EchoService.number(in: batch[position])) }
                        }
                    }
                    try world.check(numbers == Array(0..<UInt16(numbers.count)), "numbers \(numbers)")
                }
            }
        },
    ]
}
