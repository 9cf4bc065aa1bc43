package import DBus
package import Foundation

/// A real dbus-daemon of its own in a temporary folder, with limits that tests do not meet by accident.
package struct PrivateBus: Sendable {
    package let address: DBusAddress
    /// For processes: the value of DBUS_SYSTEM_BUS_ADDRESS or DBUS_SESSION_BUS_ADDRESS.
    package var addressText: String { address.text }
    package let folder: URL
    /// Its process, for tests that end it.
    package let processID: Int32

    package struct CannotStart: Error, CustomStringConvertible {
        package let description: String
    }

    /// Starts a bus, lends it, ends it and removes its folder.
    package static func with<R>(_ body: (PrivateBus) async throws -> R) async throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(path: "earshot-bus-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let configuration = folder.appending(path: "bus.conf")
        try Data(configurationText(socket: folder.appending(path: "bus.sock").path).utf8).write(to: configuration)

        let process = try ChildProcess(
            "/usr/bin/dbus-daemon", ["--config-file=\(configuration.path)", "--nofork", "--nopidfile", "--print-address"])
        // A cancelled test does not wait for more than this.
        defer {
            _ = Foundation.kill(process.id, SIGKILL)
            process.wait()
        }
        guard let line = await firstLine(of: process.output), let address = DBusAddress(line) else {
            throw CannotStart(description: "dbus-daemon printed no address.")
        }
        return try await body(PrivateBus(address: address, folder: folder, processID: process.id))
    }

    /// Ends the daemon as a crash would.
    package func kill() { _ = Foundation.kill(processID, SIGKILL) }

    private static func firstLine(of handle: FileHandle) async -> String? {
        let (chunks, continuation) = AsyncStream.makeStream(of: Data.self)
        handle.readabilityHandler = { handle in
            let chunk = handle.availableData
            if chunk.isEmpty { continuation.finish() } else { continuation.yield(chunk) }
        }
        defer { handle.readabilityHandler = nil }
        var text = Data()
        for await chunk in chunks {
            text += chunk
            if let end = text.firstIndex(of: 0x0A) { return String(decoding: text[..<end], as: UTF8.self) }
        }
        return nil
    }

    private static func configurationText(socket: String) -> String {
        """
        <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
         "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
        <busconfig>
          <type>session</type>
          <listen>unix:path=\(socket)</listen>
          <auth>EXTERNAL</auth>
          <policy context="default">
            <allow send_destination="*" eavesdrop="true"/>
            <allow eavesdrop="true"/>
            <allow own="*"/>
          </policy>
          <limit name="max_incoming_bytes">1000000000</limit>
          <limit name="max_outgoing_bytes">1000000000</limit>
          <limit name="max_message_size">100000000</limit>
          <limit name="max_incoming_unix_fds">4096</limit>
          <limit name="max_outgoing_unix_fds">4096</limit>
          <limit name="max_message_unix_fds">64</limit>
          <limit name="max_replies_per_connection">50000</limit>
          <limit name="max_match_rules_per_connection">5000</limit>
          <limit name="max_connections_per_user">1000</limit>
          <limit name="max_completed_connections">1000</limit>
        </busconfig>
        """
    }
}
