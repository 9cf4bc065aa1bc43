internal import DBus
internal import GATT
internal import Logging

/// What bluetoothd asks a device in a pairing that a central began: org.bluez.Agent1. The device itself answers.
struct ServedAgent: Sendable {
    let host: ServedHost
    let service: any LocalService
    let logger: Logger

    var interface: ExportedInterface {
        let device = ExportedArgument("device", .objectPath)
        let passkey = ExportedArgument("passkey", .uint32)
        return ExportedInterface(
            Interface.agent,
            methods: [
                ExportedMethod("Release") { _ in [] },
                ExportedMethod("Cancel") { call in
                    try host.check(call)
                    host.pairingFailed()
                    return []
                },
                ExportedMethod("RequestPinCode", [device], returns: [ExportedArgument("pincode", .string)]) { _ in throw Self.rejected },
                ExportedMethod("DisplayPinCode", [device, ExportedArgument("pincode", .string)]) { _ in throw Self.rejected },
                ExportedMethod("AuthorizeService", [device, ExportedArgument("uuid", .string)]) { _ in throw Self.rejected },
                ExportedMethod("RequestPasskey", [device], returns: [passkey]) { call in
                    guard case .passkey(let passkey) = try await ask(.enterPasskey, call), passkey <= 999_999 else { throw Self.rejected }
                    return [.uint32(passkey)]
                },
                // Called again for each digit that is typed.
                ExportedMethod("DisplayPasskey", [device, passkey, ExportedArgument("entered", .uint16)]) { call in
                    try accepted(try await ask(.displayPasskey(try Self.passkey(in: call)), call))
                },
                ExportedMethod("RequestConfirmation", [device, passkey]) { call in
                    try accepted(try await ask(.confirm(try Self.passkey(in: call)), call))
                },
                // Just Works.
                ExportedMethod("RequestAuthorization", [device]) { call in try accepted(try await ask(.authorize, call)) },
            ])
    }

    private static let rejected = DBusError(name: BlueZError.rejected.name, message: "")

    private static func passkey(in call: DBusMethodCall) throws -> UInt32 {
        UInt32(clamping: try call.arguments.argument(1, "a passkey", \.asInteger))
    }

    private func accepted(_ answer: PairingAnswer) throws -> [DBusValue] {
        guard answer == .yes else { throw Self.rejected }
        return []
    }

    /// The default agent is asked about every adapter's pairings: those of others are refused.
    private func ask(_ question: PairingQuestion, _ call: DBusMethodCall) async throws -> PairingAnswer {
        let link = try host.link(of: call, device: call.arguments.first?.asPath)
        // The service knows the link before it is asked; it may wait for its user then, while the link goes on.
        try await link.inOrder { _ in }
        let answer = try await link.whileOpen { await service.answer(question, over: link) }
        logger.info("A central pairs", metadata: ["question": "\(question.kind)", "answer": answer == .no ? "no" : "yes"])
        return answer
    }
}

extension PairingQuestion {
    /// Without the digits, for logs.
    fileprivate var kind: String {
        switch self {
        case .enterPasskey: "enter passkey"
        case .displayPasskey: "show passkey"
        case .confirm: "compare"
        case .authorize: "just works"
        }
    }
}
