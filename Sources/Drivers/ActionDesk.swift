internal import CardProfile
internal import Recordings

/// Does what people and agents want of the card. Not shared between tasks.
struct ActionDesk {
    let session: RecorderSession

    /// Empties the agenda. An action that the card did not answer is put back for the next link.
    func perform() async throws {
        let agenda = session.context.agenda
        while let item = agenda.take() {
            guard session.features.capabilities.contains(item.action.capability) else {
                item.finished(.notOffered)
                continue
            }
            let response: ControlResponse
            do {
                response = try await session.link.ask(item.action.request)
            } catch {
                agenda.putBack(item)
                throw error
            }
            session.context.used()
            guard response.result == .success else {
                item.finished(.refused(result: response.result.rawValue))
                continue
            }
            if case .screen(let note) = item.action { session.publish(.screenShown(text: note.text)) }
            if case .recording(let number) = response.answer {
                item.finished(.done(recording: number))
            } else {
                item.finished(.done(recording: 0))
            }
        }
    }
}

extension CardAction {
    fileprivate var capability: Capabilities {
        switch self {
        case .screen: .screen
        case .find: .find
        case .record: .remoteRecord
        }
    }

    fileprivate var request: ControlRequest {
        switch self {
        case .screen(let note): .screen(note)
        case .find(let seconds): .find(seconds: seconds)
        case .record(let command): .record(command)
        }
    }
}
