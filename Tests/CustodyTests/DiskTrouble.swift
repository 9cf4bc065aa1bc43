import Glibc
import TestSupport

/// Calls of one gateway that change its files and go wrong: so many of them, from the drawn one on.
struct DiskTrouble: Sendable, Hashable {
    let fault: Fault.Disk
    /// Of the paths that count; empty: all.
    let ending: String
    let first: UInt64
    /// nil: all from there on.
    let times: UInt64?

    init(_ draw: inout Draw) {
        fault = draw.pick(Fault.Disk.allCases)
        ending = draw.pick(["", "", ".part", ".opus", ".json", ".new", "ledger.sqlite-wal", "ledger.sqlite", ".log"])
        first = UInt64(draw.spread(upTo: 400))
        times = draw.once(in: 3) ? nil : UInt64(draw.spread(upTo: 8))
    }

    func arm(_ watch: DiskWatch) throws -> DiskWatch.Fault {
        let growing: Set<DiskWatch.Call> = [.write, .allocate, .create, .rename, .makeFolder]
        return switch fault {
        case .full: try watch.arm(.fails(ENOSPC), on: growing, of: ending, first: first, times: times)
        case .error: try watch.arm(.fails(EIO), on: Set(DiskWatch.Call.allCases), of: ending, first: first, times: times)
        case .shortWrite: try watch.arm(.short, on: [.write], of: ending, first: first, times: times)
        case .unsynchronised: try watch.arm(.losesData, on: [.synchronize, .synchronizeData], of: ending, first: first, times: times)
        }
    }
}
