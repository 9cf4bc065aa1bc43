internal import APIServer
internal import Daemon
internal import EventLoop
internal import Glibc

/// The folders of state, sockets and tokens. The permissions of a socket's folder decide who may connect; systemd makes them on a box, here they
/// are made where nobody did.
enum RunFolders {
    static func make(_ places: Places) throws {
        try make(places.state, permissions: 0o700)
        try make(places.run, permissions: 0o755)
        try make("\(places.run)/\(Places.Socket.control.rawValue)", permissions: 0o750)
        try make("\(places.run)/\(Places.Socket.read.rawValue)", permissions: 0o750)
        try make("\(places.run)/\(Places.Socket.agents.rawValue)", permissions: 0o755)
    }

    /// Makes a folder when only it is missing.
    private static func make(_ path: String, permissions: UInt32) throws {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        guard let name = parts.last else { return }
        let parent = try Directory.open(path: (path.hasPrefix("/") ? "/" : "./") + parts.dropLast().joined(separator: "/"))
        _ = try parent.makeDirectory(String(name), permissions: permissions)
    }

    /// Lets everybody connect who reaches the socket: its folder is the check. It is made with what the umask left.
    ///
    /// - Returns: whether that worked.
    static func open(_ door: Door, in places: Places) -> Bool {
        let path =
            switch door {
            case .control: places.socket(.control)
            case .read: places.socket(.read)
            case .agents: places.socket(.agents)
            }
        return unsafe chmod(path, 0o666) == 0
    }
}
