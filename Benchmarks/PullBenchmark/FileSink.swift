import EventLoop
import Foundation

/// Appends to a file on the blocking thread, as the store does.
actor FileSink {
    private let thread: BlockingThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }
    private let path: String
    private(set) var written = 0
    private var file: DurableFile?

    init(path: String) throws {
        thread = try BlockingThread(name: "files")
        self.path = path
    }

    func restart() throws {
        file = nil
        _ = unsafe unlink(path)
        file = try DurableFile.open(path: path, .createNew)
        written = 0
    }

    func append(_ bytes: [UInt8]) throws {
        unsafe try file?.write(bytes.span.bytes, at: written)
        written += bytes.count
    }
}
