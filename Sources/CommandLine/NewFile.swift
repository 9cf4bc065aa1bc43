internal import Glibc
internal import SystemPackage

/// A file that is written under another name and gets its own when it is whole; it never takes the place of one that is there.
final class NewFile {
    private let part: FilePath
    private let descriptor: FileDescriptor
    private var isOpen = true

    /// - Throws: `CommandEnd` when there is such a file, or it cannot be made.
    init(_ part: FilePath) throws {
        self.part = part
        do {
            descriptor = try FileDescriptor.open(
                part, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite])
        } catch let error as Errno {
            throw CommandEnd(.failed, "\(Shown.text(part.string)) cannot be made: \(error).")
        }
    }

    /// For who writes by descriptor: a program.
    var open: FileDescriptor { descriptor }

    /// Returns once what was written is on the disk.
    func synchronize() throws {
        guard fsync(descriptor.rawValue) == 0 else {
            throw CommandEnd(.failed, "\(Shown.text(part.string)) cannot be written: \(Errno(rawValue: errno)).")
        }
    }

    func append(_ bytes: [UInt8]) throws {
        do {
            _ = try descriptor.writeAll(bytes)
        } catch let error as Errno {
            throw CommandEnd(.failed, "\(Shown.text(part.string)) cannot be written: \(error).")
        }
    }

    /// - Throws: `CommandEnd` when a file of that name is there.
    func finish(as path: FilePath) throws {
        isOpen = false
        do { try descriptor.close() } catch { throw CommandEnd(.failed, "\(Shown.text(part.string)) cannot be written: \(error).") }
        // link(2) refuses a name that is taken; rename(2) would not.
        guard unsafe link(part.string, path.string) == 0 else {
            throw CommandEnd(.failed, "\(Shown.text(path.string)) cannot be made: \(Errno(rawValue: errno)).")
        }
        unsafe unlink(part.string)
    }

    func abandon() {
        if isOpen { try? descriptor.close() }
        isOpen = false
        unsafe unlink(part.string)
    }

    /// A small file at once.
    static func write(_ bytes: [UInt8], to path: FilePath) throws {
        let file = try NewFile(FilePath(path.string + ".part"))
        do {
            try file.append(bytes)
            try file.finish(as: path)
        } catch {
            file.abandon()
            throw error
        }
    }
}
