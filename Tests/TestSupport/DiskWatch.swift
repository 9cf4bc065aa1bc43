internal import DiskShim
internal import EventLoop
package import Foundation

/// Sees every call of this process that changes a file or folder below one folder, and lets chosen ones fail (Tests/DiskShim/include/diskshim.h
/// tells which calls these are, and what is not seen). SQLite's are among them.
///
/// Several may watch at once, each its own folder. It ends with the object; what it armed ends with it.
package final class DiskWatch: Sendable {
    package enum Call: Int32, Sendable, CaseIterable {
        case write = 1
        case truncate, allocate, create, rename, link, unlink, makeFolder, synchronize, synchronizeData, synchronizeRange

        fileprivate var bit: UInt32 { 1 << UInt32(rawValue) }
    }

    package enum Effect: Sendable, Hashable {
        /// The call does nothing and fails with this errno.
        case fails(Int32)
        /// A write takes half of its bytes.
        case short
        /// fsync or fdatasync fails with EIO, and the file's writes since its last one (and since the fault was armed) are gone.
        case losesData
    }

    package struct Fault: Sendable, Hashable {
        fileprivate let number: Int32
    }

    private let watch: Int32

    /// - Parameter log: a file outside of the folder that all calls are written to, with their data: `DiskLog` reads it.
    /// - Throws: `SystemError`
    package init(_ folder: URL, log: URL? = nil) throws {
        watch = unsafe diskshim_watch(folder.path)
        guard watch >= 0 else { throw SystemError("diskshim_watch", path: folder.path) }
        if let log, unsafe diskshim_log(watch, log.path) != 0 { throw SystemError("diskshim_log", path: log.path) }
    }

    deinit { diskshim_end(watch) }

    /// How many calls there were so far, the failed ones included.
    package var calls: UInt64 { diskshim_calls(watch) }

    package func count(_ call: Call) -> UInt64 { diskshim_calls_of(watch, call.rawValue) }

    /// Lets calls fail from now on.
    ///
    /// - Parameters:
    ///   - calls: kinds that count.
    ///   - ending: of the paths that count, such as `.part` or `ledger.sqlite-wal`; fewer than 64 bytes. Empty: all.
    ///   - first: the first of those calls that is hit, from 1.
    ///   - times: how many in a row are hit; nil: every one from there on.
    /// - Throws: `SystemError` when 32 faults are armed.
    @discardableResult
    package func arm(_ effect: Effect, on calls: Set<Call>, of ending: String = "", first: UInt64 = 1, times: UInt64? = 1) throws -> Fault {
        let (kind, code): (Int32, Int32) =
            switch effect {
            case .fails(let code): (Int32(DISKSHIM_FAILS.rawValue), code)
            case .short: (Int32(DISKSHIM_SHORT.rawValue), 28)
            case .losesData: (Int32(DISKSHIM_LOSES.rawValue), 5)
            }
        let kinds = calls.reduce(0) { $0 | $1.bit }
        let number = unsafe diskshim_arm(watch, kinds, ending, first, times ?? 0, kind, code)
        guard number >= 0 else { throw SystemError("diskshim_arm") }
        return Fault(number: number)
    }

    /// How many calls a fault has hit; stays readable after `disarm`.
    package func hits(of fault: Fault) -> UInt64 { diskshim_hits(watch, fault.number) }

    /// Nothing that was armed counts any further.
    package func disarm() { diskshim_disarm(watch) }
}
