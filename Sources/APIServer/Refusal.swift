internal import GatewayAPI
internal import Ledger
internal import Radio
internal import RecordingStore
internal import Recordings

/// Throws a problem out of a handler.
struct Refusal: Error {
    let problem: Problem

    init(_ problem: Problem) { self.problem = problem }

    init(_ code: ProblemCode, _ detail: String, fix: String) { problem = Problem(code, detail: detail, fix: fix) }

    /// What an error of the parts below is to a caller; nil: an error of ours that a caller learns nothing of but that it was.
    static func problem(for error: any Error) -> Problem? {
        switch error {
        case let refusal as Refusal: refusal.problem
        case let refusal as RequestRefusal: refusal.problem
        case let error as LedgerError: Problem(code(error.code), detail: error.detail, fix: error.fix)
        case let error as RadioError: Problem(code(error), detail: error.description, fix: fix(error))
        case let error as StoreError: problem(error)
        default: nil
        }
    }

    private static func code(_ code: LedgerError.Code) -> ProblemCode {
        switch code {
        case .notFound: .notFound
        case .ambiguous: .ambiguous
        case .invalid: .badRequest
        case .conflict: .conflict
        case .leaseLost: .leaseLost
        case .digestDiffers: .digestDiffers
        case .newerDatabase, .storage: .failed
        }
    }

    private static func code(_ error: RadioError) -> ProblemCode {
        switch error {
        case .unknownCard, .unknownPairing: .notFound
        case .pairingUnderWay, .noSuchQuestion: .conflict
        case .notFound: .notFound
        case .tooManyFailures: .pairingPaused
        case .agendaFull: .busy
        case .noAdapter: .radioUnavailable
        }
    }

    private static func fix(_ error: RadioError) -> String {
        switch error {
        case .unknownCard: "`earshot cards` lists the paired cards."
        case .unknownPairing: "Begin again: `earshot pair`, or POST /v1/pairings."
        case .pairingUnderWay: "Wait for it, or end it: Ctrl-C where `earshot pair` runs, or DELETE /v1/pairings/ID."
        case .noSuchQuestion: "Read the pairing's events and answer the question that is open."
        case .notFound: "Choose one of those that the pairing's events have found."
        case .tooManyFailures: "Wait until then. If nobody of yours tried: somebody near guesses passkeys; `earshot status` shows the box."
        case .agendaFull: "Try again when the card was in range."
        case .noAdapter: "Plug in a Bluetooth adapter, or see why the one there is off: `earshot status`."
        }
    }

    static let takenFormats = "\(AudioFormat.names) are taken."

    private static func problem(_ error: StoreError) -> Problem {
        switch error {
        case .notHere(let text): Problem(.notHere, detail: text, fix: "Ask why: earshot why RECORDING.")
        case .digestDiffers(let text): Problem(.digestDiffers, detail: text, fix: "Send it again, whole.")
        case .noRoom(let text): Problem(.noRoom, detail: text, fix: "Make room on the gateway's disk and send it again.")
        case .notAudio(let text): Problem(.mediaTypeUnknown, detail: text, fix: takenFormats)
        case .tooLarge(let text): Problem(.tooLarge, detail: text, fix: "Send less.")
        case .failed(let text): Problem(.failed, detail: text, fix: "See the log of earshotd, and whether the disk is full.")
        }
    }
}
