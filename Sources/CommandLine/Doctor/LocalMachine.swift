internal import APIClient
internal import DBus
internal import Daemon
internal import Doctor
internal import FoundationEssentials
internal import Glibc
internal import HCI
internal import Subprocess
internal import SystemPackage

/// This machine, for the doctor and for reports.
enum LocalMachine {
    /// What a program may take; apt and systemctl are done long before, a hung one must not hold the rest up.
    private static let patience: Duration = .seconds(60)

    static func machine(_ client: GatewayClient) -> Machine {
        Machine(
            places: Places(environment: ProcessInfo.processInfo.environment), isRoot: geteuid() == 0, run: run, host: host,
            gateway: {
                do {
                    return .status(try await client.status())
                } catch let error as APIError {
                    return .silent(reason: error.description)
                } catch {
                    return .silent(reason: "\(error)")
                }
            }, controllers: { Result { () throws(AdapterFactsError) in try AdapterFacts.all() } })
    }

    static func host() async -> HostAnswer {
        guard let address = DBusAddress.system() else {
            return .noBus(reason: "DBUS_SYSTEM_BUS_ADDRESS holds no address of a Unix socket.")
        }
        do {
            return try await DBusConnection.withConnection(to: address) { await HostAnswer.ask($0) }
        } catch {
            return .noBus(reason: "\(error)")
        }
    }

    /// Runs a program with neither input nor language, at most a minute.
    static func run(_ words: [String]) async -> ProgramAnswer {
        do {
            return try await withThrowingTaskGroup(of: ProgramAnswer.self) { group in
                group.addTask {
                    let result = try await Subprocess.run(
                        .name(words[0]), arguments: Arguments(Array(words.dropFirst())), environment: .inherit.updating(["LC_ALL": "C.UTF-8"]),
                        input: .none, output: .string(limit: 4 << 20), error: .string(limit: 1 << 16))
                    guard case .exited(let code) = result.terminationStatus else { return ProgramAnswer(status: nil, error: "it was killed") }
                    return ProgramAnswer(status: Int(code), output: result.standardOutput, error: result.standardError)
                }
                group.addTask {
                    try await ContinuousClock().sleep(for: patience)
                    return ProgramAnswer(status: nil, error: "it was not done within \(patience)")
                }
                defer { group.cancelAll() }
                return try await group.next() ?? ProgramAnswer(status: nil)
            }
        } catch {
            return ProgramAnswer(status: nil, error: "\(words[0]) cannot be run: \(error)")
        }
    }
}
