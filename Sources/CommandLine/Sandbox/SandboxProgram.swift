internal import Subprocess

/// How one program of the sandbox is started.
struct SandboxProgram: Sendable {
    /// Names it in messages and its log file.
    let name: String
    let executable: Executable
    let arguments: [String]
    let environment: [Environment.Key: String?]
    /// Whether its first line on standard output says that it is ready.
    let announces: Bool
    /// Whether it is started again when it ends by itself, as systemd does with the units of the package.
    let comesBack: Bool
    /// What to do when there is no such program; nil for our own.
    let remedy: String?
}
