internal import DBus
internal import GATT

/// What bluetoothd asks a person through us during one pairing: org.bluez.Agent1 with a keyboard and a display.
///
/// Questions about other devices, and of anybody but bluetoothd, are refused.
final class PairingAgent: Sendable {
    private struct State: Sendable {
        var method: PairingMethod?
        var isRefused = false
        /// A question was put and has no answer.
        var isAsking = false
        var isOver = false
    }

    static let capability = "KeyboardDisplay"

    let path: ObjectPath
    private let device: ObjectPath
    private let owner: String
    private let dialogue: @Sendable (PairingQuestion) async -> PairingAnswer
    private let state = WaitableState(State())

    /// - Parameters:
    ///   - owner: the unique name of bluetoothd.
    ///   - dialogue: is asked at most once at a time; cancelled when the pairing is over.
    init(
        path: ObjectPath, device: ObjectPath, owner: String, dialogue: @escaping @Sendable (PairingQuestion) async -> PairingAnswer
    ) {
        self.path = path
        self.device = device
        self.owner = owner
        self.dialogue = dialogue
    }

    /// What was asked; nil when nothing was, which is Just Works.
    var method: PairingMethod? { state.read(\.method) }
    /// Whether the person said no.
    var isRefused: Bool { state.read(\.isRefused) }

    /// Whether the pairing's end left a question without an answer.
    var isAsking: Bool { state.read(\.isAsking) }

    /// No question is asked any more; one that is being asked is cancelled.
    func end() { state.change { $0.isOver = true } }

    /// Waits until the person said no.
    func untilRefused() async throws { try await state.when { $0.isRefused ? () : nil } }

    var interface: ExportedInterface {
        let device = ExportedArgument("device", .objectPath)
        let passkey = ExportedArgument("passkey", .uint32)
        return ExportedInterface(
            Interface.agent,
            methods: [
                ExportedMethod("Release") { _ in [] },
                ExportedMethod("Cancel") { call in
                    guard call.sender == self.owner else { throw Self.rejected }
                    self.end()
                    return []
                },
                ExportedMethod("RequestPinCode", [device], returns: [ExportedArgument("pincode", .string)]) { _ in throw Self.rejected },
                ExportedMethod("DisplayPinCode", [device, ExportedArgument("pincode", .string)]) { _ in throw Self.rejected },
                ExportedMethod("AuthorizeService", [device, ExportedArgument("uuid", .string)]) { _ in throw Self.rejected },
                ExportedMethod("RequestPasskey", [device], returns: [passkey]) { call in
                    guard case .passkey(let passkey) = try await self.ask(.enterPasskey, .passkeyEntered, call), passkey <= 999_999 else {
                        throw self.refuse()
                    }
                    return [.uint32(passkey)]
                },
                ExportedMethod("DisplayPasskey", [device, passkey, ExportedArgument("entered", .uint16)]) { call in
                    let passkey = try Self.passkey(in: call)
                    // Called again for each digit that is typed.
                    guard self.method != .passkeyDisplayed else { return [] }
                    return try self.accepted(try await self.ask(.displayPasskey(passkey), .passkeyDisplayed, call))
                },
                ExportedMethod("RequestConfirmation", [device, passkey]) { call in
                    try self.accepted(try await self.ask(.confirm(try Self.passkey(in: call)), .numericComparison, call))
                },
                ExportedMethod("RequestAuthorization", [device]) { call in
                    try self.accepted(try await self.ask(.authorize, .justWorks, call))
                },
            ])
    }

    private static let rejected = DBusError(name: BlueZError.rejected.name, message: "")

    private func refuse() -> DBusError {
        state.change { $0.isRefused = true }
        return Self.rejected
    }

    private func accepted(_ answer: PairingAnswer) throws -> [DBusValue] {
        guard answer == .yes else { throw refuse() }
        return []
    }

    private static func passkey(in call: DBusMethodCall) throws -> UInt32 {
        UInt32(clamping: try call.arguments.argument(1, "a passkey", \.asInteger))
    }

    private func ask(_ question: PairingQuestion, _ method: PairingMethod, _ call: DBusMethodCall) async throws -> PairingAnswer {
        guard call.sender == owner, call.arguments.first?.asPath == device else { throw Self.rejected }
        let isAsked = state.change { state in
            guard !state.isOver else { return false }
            state.method = method
            state.isAsking = true
            return true
        }
        guard isAsked else { throw Self.rejected }
        return try await withThrowingTaskGroup(of: PairingAnswer.self) { group in
            defer { group.cancelAll() }
            group.addTask { await self.dialogue(question) }
            group.addTask {
                try await self.state.when { $0.isOver ? () : nil }
                throw Self.rejected
            }
            let answer = try await group.next() ?? .no
            state.change { $0.isAsking = false }
            return answer
        }
    }
}
