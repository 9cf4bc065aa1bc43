internal import Bytes
internal import GRDB
internal import Recordings

/// Reads columns as the ledger's types; a value that does not fit means a damaged database, and is an error that says so.
extension Row {
    func value<T: DatabaseValueConvertible>(_ column: String) throws -> T {
        guard let stored: DatabaseValue = self[column], let value = T.fromDatabaseValue(stored) else { throw Self.damaged(column) }
        return value
    }

    func optional<T: DatabaseValueConvertible>(_ column: String) throws -> T? {
        guard let stored: DatabaseValue = self[column] else { throw Self.damaged(column) }
        guard !stored.isNull else { return nil }
        guard let value = T.fromDatabaseValue(stored) else { throw Self.damaged(column) }
        return value
    }

    func identifier<Kind: IdentifierKind>(_ column: String) throws -> Identifier<Kind> {
        guard let id = Identifier<Kind>(try value(column) as String) else { throw Self.damaged(column) }
        return id
    }

    func optionalIdentifier<Kind: IdentifierKind>(_ column: String) throws -> Identifier<Kind>? {
        guard let text: String = try optional(column) else { return nil }
        guard let id = Identifier<Kind>(text) else { throw Self.damaged(column) }
        return id
    }

    func time(_ column: String) throws -> UTCTime { UTCTime(milliseconds: try value(column)) }

    func optionalTime(_ column: String) throws -> UTCTime? { try optional(column).map { UTCTime(milliseconds: $0) } }

    func choice<T: RawRepresentable>(_ column: String) throws -> T where T.RawValue: DatabaseValueConvertible {
        guard let value = T(rawValue: try value(column)) else { throw Self.damaged(column) }
        return value
    }

    func unsigned<T: FixedWidthInteger & UnsignedInteger>(_ column: String) throws -> T {
        guard let number = T(exactly: try value(column) as Int64) else { throw Self.damaged(column) }
        return number
    }

    func digest(_ column: String) throws -> SHA256Digest? {
        guard let text: String = try optional(column) else { return nil }
        guard let digest = SHA256Digest(hex: text) else { throw Self.damaged(column) }
        return digest
    }

    func foreign(_ column: String) throws -> ForeignText { ForeignText(try value(column) as String) }

    /// `raw`, `raw_is_utc` and `raw_boot`.
    func cardTime() throws -> CardTime? {
        guard let raw: Int64 = try optional("raw") else { return nil }
        let boot: UInt16 = try unsigned("raw_boot")
        return try value("raw_is_utc") as Bool
            ? CardTime(.utc(UTCTime(milliseconds: raw)), boot: boot)
            : CardTime(.sincePowerOn(milliseconds: UInt64(clamping: raw)), boot: boot)
    }

    static func damaged(_ column: String) -> LedgerError {
        LedgerError(
            .storage, "The ledger holds a value in column \(column) that no version of Earshot writes.",
            fix: "Stop Earshot and restore the ledger from the last backup; the recordings in its folder are not touched by that.")
    }
}

extension CardTime {
    /// As the columns `raw`, `raw_is_utc`, `raw_boot`.
    var columns: (raw: Int64, isUTC: Bool, boot: Int64) {
        switch reading {
        case .utc(let time): (time.milliseconds, true, Int64(boot))
        case .sincePowerOn(let milliseconds): (Int64(clamping: milliseconds), false, Int64(boot))
        }
    }
}
