internal import GatewayAPI
internal import Recordings

/// Receipts as a person reads them.
enum ReceiptText {
    static func status(_ receipt: ReceiptMessage) -> ExitStatus {
        if receipt.missing.contains(where: \.needsPerson) { return .needsPerson }
        return receipt.missing.contains { $0.kind.known == .waiting } ? .waiting : .fine
    }

    static func tell(_ receipt: ReceiptMessage, _ report: Report) throws {
        try report.line("\(Shown.text(receipt.ref))  \(Shown.text(receipt.state.description))  \(receipt.recording)")
        try report.line()
        try report.line("key            \(Shown.text(receipt.key))")
        try report.line("card's list    " + (receipt.listedSize == nil ? "–" : listed(receipt)))
        try report.line("stored here    " + stored(receipt))
        try report.line("card's answer  " + answer(receipt, Shown.fullTime))
        for delivery in receipt.deliveries {
            try report.line("delivered      \(Shown.fullTime(delivery.at))  \(Shown.text(delivery.destination)): \(Shown.text(delivery.object))")
            try report.line("               \(delivery.size) bytes, SHA-256 \(delivery.sha256)")
        }
        if receipt.deliveries.isEmpty { try report.line("delivered      –") }
        if receipt.missing.isEmpty { try report.line("missing        nothing") }
        for piece in receipt.missing { try report.line("missing        \(Shown.text(piece.what))") }
    }

    static func table(_ receipts: [ReceiptMessage]) -> TextTable {
        var table = TextTable([
            .init(title: "recording"), .init(title: "size", isNumber: true), .init(title: "listed"), .init(title: "here"), .init(title: "stored"),
            .init(title: "card's answer"), .init(title: "delivered", givesWay: true), .init(title: "missing", givesWay: true),
        ])
        for receipt in receipts {
            let deliveries = receipt.deliveries.map { "\(Shown.time($0.at)) \(Shown.text($0.destination))" }
            table.add([
                Shown.text(receipt.ref), receipt.size.map { "\($0)" } ?? "–", Shown.text(receipt.listedDigest.map { String($0.prefix(8)) }),
                Shown.digest(receipt.sha256), Shown.time(receipt.stored), answer(receipt, Shown.time),
                deliveries.isEmpty ? "–" : deliveries.joined(separator: ", "), receipt.missing.map { Shown.text($0.what) }.joined(separator: " "),
            ])
        }
        return table
    }

    private static func listed(_ receipt: ReceiptMessage) -> String {
        "\(receipt.listedSize ?? 0) bytes, SHA-256 " + (receipt.listedDigest.map { "\(Shown.text($0))…" } ?? "not computed yet")
    }

    private static func stored(_ receipt: ReceiptMessage) -> String {
        guard let size = receipt.size, let sha256 = receipt.sha256 else { return "–" }
        return "\(Shown.fullTime(receipt.stored))  \(size) bytes, SHA-256 \(sha256)"
    }

    private static func answer(_ receipt: ReceiptMessage, _ time: (UTCTime?) -> String) -> String {
        receipt.releaseAnswer.map { "\(time(receipt.releaseAnswered)) \(Shown.text($0))" } ?? "–"
    }
}
