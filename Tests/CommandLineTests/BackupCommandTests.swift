import EventLoop
import Foundation
import GatewayTestSupport
import Ledger
import RecordingStore
import Recordings
import Subprocess
import SystemPackage
import Testing

/// Backups of a gateway that runs, brought back by the program itself.
@Suite(.timeLimit(.minutes(10))) struct BackupCommandTests {
    /// A box to bring a backup back to: state, configuration and bluetoothd's folder, all empty.
    struct Target {
        let folder: String
        let key = "[General]\nName=Recorder\n\n[LongTermKey]\nKey=00112233445566778899AABBCCDDEEFF\n"

        var state: String { folder + "/state" }
        var environment: [String: String] {
            [
                "EARSHOT_STATE": state, "EARSHOT_CONFIG": folder + "/etc/earshot.toml", "EARSHOT_BLUETOOTH": folder + "/bluetooth",
                "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere/bus",
            ]
        }

        static func lend<R>(_ body: (Target) async throws -> R) async throws -> R {
            let target = Target(folder: "/tmp/es-back-" + UUID().uuidString.prefix(8))
            try FileManager.default.createDirectory(atPath: target.folder, withIntermediateDirectories: false)
            defer { try? FileManager.default.removeItem(atPath: target.folder) }
            return try await body(target)
        }

        func write(_ path: String, _ text: String) throws {
            let path = folder + "/" + path
            try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
        }

        func read(_ path: String) -> String? { FileManager.default.contents(atPath: folder + "/" + path).map { String(decoding: $0, as: UTF8.self) } }

        /// Every file with its size and inode: nothing was touched when it is the same.
        func snapshot() throws -> [String: String] {
            var files: [String: String] = [:]
            for case let path as String in try #require(FileManager.default.enumerator(atPath: folder)) where !path.hasSuffix("/lock") {
                let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + path)
                files[path] = "\(attributes[.size] ?? 0) \(attributes[.systemFileNumber] ?? 0)"
            }
            return files
        }

        func restore(_ file: String, _ more: String...) async throws -> EarshotRun {
            try await EarshotRun.run(["restore", file, "--yes"] + more, socket: nil, environment: environment)
        }

        /// The numbers of the recordings that the ledger here tells of, and whether anything is still to be copied beside it.
        func ledger() async throws -> (numbers: [UInt32], hasUncopied: Bool) {
            let thread = try BlockingThread(name: "test")
            let wall = WallClock(now: { UTCTime(milliseconds: 1_700_000_000_000) }, isSynchronised: { true })
            let ledger = try await Ledger.open(
                at: state + "/ledger.sqlite", name: "hq", routing: Routing([]),
                environment: LedgerEnvironment(wall: wall, boot: try BootClock.system()), executor: thread)
            let page = try await ledger.recordings(RecordingFilter(), limit: 500)
            let uncopied = try await ledger.uncopied(.everything)
            try await ledger.close()
            return (page.items.map(\.number).sorted(), !uncopied.marks.isEmpty)
        }
    }

    private static func backup(_ world: GatewayWorld, _ target: Target, _ name: String, _ more: String...) async throws -> EarshotRun {
        try target.write("source/earshot.toml", "[gateway]\nname = \"hq\"\n")
        try target.write("source/bluetooth/00:00:00:00:00:01/00:00:00:00:00:02/info", target.key)
        try target.write("source/bluetooth/00:00:00:00:00:01/66:00:00:00:00:02/info", "[General]\nName=a stranger's\n")
        return try await EarshotRun.run(
            ["backup", "\(target.folder)/\(name)"] + more, socket: nil,
            environment: [
                "EARSHOT_STATE": world.folder + "/state", "EARSHOT_CONFIG": target.folder + "/source/earshot.toml",
                "EARSHOT_BLUETOOTH": target.folder + "/source/bluetooth",
            ])
    }

    private static func mode(_ path: String) throws -> Int? { try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int }

    // MARK: - There and back

    @Test func whatWasBackedUpComesBack() async throws {
        try await Target.lend { target in
            try await GatewayWorld.run { world in
                for number in 1...3 { try await world.store(UInt32(number), sample(1000 + number)) }
                try Data("secret".utf8).write(to: URL(filePath: world.folder + "/state/owner.key"))
                try await world.files.copy()
                let run = try await Self.backup(world, target, "box.tar")
                #expect(run.status == 0, "\(run.error)")
                #expect(run.error.contains("3 recordings"))
                #expect(run.error.contains("bonds          1 of 1"))
                #expect(run.error.contains("without their files"))
                #expect(try Self.mode(target.folder + "/box.tar") == 0o600)
                #expect(try await Self.backup(world, target, "box.tar").status == 1, "a file that is there is not replaced")
            }
            let back = try await target.restore(target.folder + "/box.tar")
            #expect(back.status == 0, "\(back.error)")
            #expect(back.output.contains("00:00:00:00:00:01, which is here") || back.output.contains("which is not here"))
            #expect(try await target.ledger().numbers == [1, 2, 3])
            #expect(try await target.ledger().hasUncopied, "the first start writes journal and sidecars anew")
            #expect(target.read("state/owner.key") == "secret")
            #expect(target.read("etc/earshot.toml") == "[gateway]\nname = \"hq\"\n")
            #expect(target.read("bluetooth/00:00:00:00:00:01/00:00:00:00:00:02/info") == target.key)
            #expect(target.read("bluetooth/00:00:00:00:00:01/66:00:00:00:00:02/info") == nil, "a bond that is not ours is not in it")
            for name in ["ledger.sqlite", "owner.key"] { #expect(try Self.mode(target.state + "/" + name) == 0o600) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: target.state).allSatisfy { !$0.hasPrefix("restore-") })
        }
    }

    @Test func aGatewayThatWorksOnIsCaughtInOneMoment() async throws {
        try await Target.lend { target in
            try await GatewayWorld.run { world in
                try await world.store(1, sample(1000))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { for number in 2...60 { try await world.store(UInt32(number), sample(1000 + number)) } }
                    for copy in 1...3 {
                        let run = try await Self.backup(world, target, "box-\(copy).tar")
                        #expect(run.status == 0, "\(run.error)")
                    }
                    try await group.waitForAll()
                }
            }
            for copy in 1...3 {
                let back = try await target.restore("\(target.folder)/box-\(copy).tar")
                #expect(back.status == 0, "\(back.error)")
                let numbers = try await target.ledger().numbers
                #expect(!numbers.isEmpty && numbers == Array(1...UInt32(numbers.count)), "all up to one moment, none after it")
            }
        }
    }

    @Test func recordingsComeAlongWhenTheyAreAskedFor() async throws {
        try await Target.lend { target in
            let bytes = sample(300_000)
            let id = try await GatewayWorld.run { world in
                let id = try await world.store(1, bytes).id
                let run = try await Self.backup(world, target, "box.tar", "--recordings")
                #expect(run.status == 0, "\(run.error)")
                return id
            }
            let back = try await target.restore(target.folder + "/box.tar")
            #expect(back.output.contains("recordings     1 files"), "\(back.output)\(back.error)")
            #expect(FileManager.default.contents(atPath: "\(target.state)/recordings/\(id).opus") == Data(bytes))
        }
    }

    @Test func standardOutputIsAFileToo() async throws {
        try await Target.lend { target in
            try await GatewayWorld.run { world in
                try await world.store(1, sample(1000))
                let run = try await EarshotRun.run(
                    .name("sh"), ["-c", "'\(EarshotRun.program.string)' backup - > '\(target.folder)/box.tar'"], socket: nil,
                    environment: ["EARSHOT_STATE": world.folder + "/state", "EARSHOT_CONFIG": "/nowhere/earshot.toml"])
                #expect(run.status == 0, "\(run.error)")
            }
            #expect(try await target.restore(target.folder + "/box.tar").status == 0)
            #expect(try await target.ledger().numbers == [1])
        }
    }

    // MARK: - What is there

    @Test func whatIsThereIsKeptAside() async throws {
        try await Target.lend { target in
            try await GatewayWorld.run { world in
                try await world.store(1, sample(1000))
                _ = try await Self.backup(world, target, "box.tar")
            }
            try target.write("state/ledger.sqlite", "an old one")
            try target.write("state/journal/00000001.log", "its journal")
            try target.write("etc/earshot.toml", "# an old one\n")
            try target.write("bluetooth/00:00:00:00:00:01/00:00:00:00:00:02/info", "an old bond")
            let back = try await target.restore(target.folder + "/box.tar")
            #expect(back.status == 0, "\(back.error)")
            let aside = try #require(try FileManager.default.contentsOfDirectory(atPath: target.state).first { $0.hasPrefix("before-restore-") })
            #expect(back.output.contains(aside))
            #expect(target.read("state/\(aside)/ledger.sqlite") == "an old one")
            #expect(target.read("state/\(aside)/journal/00000001.log") == "its journal")
            #expect(target.read("state/\(aside)/earshot.toml") == "# an old one\n")
            #expect(target.read("state/\(aside)/000000000001-000000000002-info") == "an old bond")
            #expect(try await target.ledger().numbers == [1])
        }
    }

    @Test func aRunningDaemonIsNotPulledTheLedgerFromUnder() async throws {
        try await Target.lend { target in
            try await GatewayWorld.run { world in _ = try await Self.backup(world, target, "box.tar") }
            try target.write("state/ledger.sqlite", "in use")
            let lock = try #require(try ExclusiveLock.take(path: target.state + "/lock"))
            let before = try target.snapshot()
            let back = try await target.restore(target.folder + "/box.tar")
            #expect(back.status == 1)
            #expect(back.error.contains("systemctl stop earshotd"))
            #expect(try target.snapshot() == before)
            lock.release()
        }
    }

    @Test func recordingsThatItDoesNotKnowAreNotLostForIt() async throws {
        try await Target.lend { target in
            try await GatewayWorld.run { world in _ = try await Self.backup(world, target, "box.tar") }
            try target.write("state/recordings/rec_00000000000000000000000001.opus", "newer than the backup")
            let before = try target.snapshot()
            let back = try await target.restore(target.folder + "/box.tar")
            #expect(back.status == 1)
            #expect(back.error.contains("earshotd --rebuild"))
            #expect(try target.snapshot() == before)
            #expect(try await target.restore(target.folder + "/box.tar", "--older").status == 0)
            #expect(target.read("state/recordings/rec_00000000000000000000000001.opus") == "newer than the backup")
        }
    }

    // MARK: - Rights

    /// What another user has in the way is in root's way, too; what comes back is his.
    @Test(.enabled(if: geteuid() == 0, "only root lays rights down")) func rootMayNoMoreInAnotherUsersFolderThanHe() async throws {
        try await Target.lend { target in
            let id = try await GatewayWorld.run { world in
                let id = try await world.store(1, sample(1000)).id
                _ = try await Self.backup(world, target, "box.tar", "--recordings")
                return id
            }
            let nobody = 65_534
            func owner(_ path: String) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: target.folder + "/" + path)[.ownerAccountID] as? Int
            }
            try target.write("state/recordings/kept", "root's own")
            try target.write("bluetooth/00:00:00:00:00:01/00:00:00:00:00:02/info", "an old bond")
            try FileManager.default.setAttributes([.ownerAccountID: nobody, .groupOwnerAccountID: nobody], ofItemAtPath: target.state)
            let refused = try await target.restore(target.folder + "/box.tar")
            #expect(refused.status == 1, "a folder that is not his is not written to: \(refused.output)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: target.state + "/recordings") == ["kept"])
            #expect(!FileManager.default.fileExists(atPath: target.state + "/ledger.sqlite"))

            try FileManager.default.removeItem(atPath: target.state + "/recordings")
            let back = try await target.restore(target.folder + "/box.tar")
            #expect(back.status == 0, "\(back.output)\(back.error)")
            for path in ["ledger.sqlite", "recordings", "recordings/\(id).opus", "lock"] { #expect(try owner("state/" + path) == nobody, "\(path)") }
            for path in ["etc/earshot.toml", "bluetooth/00:00:00:00:00:01/00:00:00:00:00:02/info"] { #expect(try owner(path) == 0, "\(path)") }
            let aside = try #require(
                try FileManager.default.contentsOfDirectory(atPath: target.folder + "/etc").first { $0.hasPrefix("before-restore-") })
            #expect(target.read("etc/\(aside)/000000000001-000000000002-info") == "an old bond", "keys of bluetoothd's are not for him")
        }
    }

    // MARK: - Asking

    @Test(arguments: [("no", 1, "Not confirmed: nothing was changed."), ("yes", 0, "Brought back")])
    func aPersonIsAskedFirst(answer: String, status: Int, says: String) async throws {
        try await Target.lend { target in
            try await GatewayWorld.run { world in _ = try await Self.backup(world, target, "box.tar") }
            let command = "exec '\(EarshotRun.program.string)' restore '\(target.folder)/box.tar'"
            let run = try await EarshotRun.run(
                .name("sh"), ["-c", "echo \(answer) | script -qec \"$0\" /dev/null", command], socket: nil,
                environment: target.environment.merging(["SHELL": "/bin/sh"]) { $1 })
            #expect(run.status == status, "\(run.output)\(run.error)")
            #expect(run.output.contains("back into \(target.state)? yes or no: ") && run.output.contains(says), "\(run.output)")
        }
    }

    // MARK: - Damage

    /// What may have happened to a backup, as shell commands in its unpacked folder; `$1` is the file.
    static let damages: [(String, String)] = [
        ("cut", "truncate -s 40960 \"$1\""),
        ("no archive", "head -c 100000 /dev/urandom > \"$1\""),
        ("empty", ": > \"$1\""),
        (
            "a bit of the ledger",
            "printf X | dd of=state/ledger.sqlite bs=1 seek=9000 conv=notrunc status=none; tar -cf \"$1\" manifest.json state configuration bluetooth"
        ),
        ("a member missing", "rm configuration/earshot.toml; tar -cf \"$1\" manifest.json state configuration bluetooth"),
        ("a member more", "echo evil > state/evil.key; tar -cf \"$1\" manifest.json state configuration bluetooth"),
        ("a link", "ln -s /etc/shadow state/evil; tar -cf \"$1\" manifest.json state configuration bluetooth"),
        (
            "a link in a member's place",
            "rm configuration/earshot.toml; ln -s /etc/passwd configuration/earshot.toml; tar -cf \"$1\" manifest.json state configuration bluetooth"
        ),
        ("no manifest", "tar -cf \"$1\" state configuration bluetooth"),
        ("half a manifest", "truncate -s 200 manifest.json; tar -cf \"$1\" manifest.json state configuration bluetooth"),
        ("a later format", "sed -i 's/\"format\" : 1/\"format\" : 2/' manifest.json; tar -cf \"$1\" manifest.json state configuration bluetooth"),
        (
            "another gateway's manifest",
            "sed -i 's/\"gateway\" : \"gw_./\"gateway\" : \"gw_7/' manifest.json; tar -cf \"$1\" manifest.json state configuration bluetooth"
        ),
        (
            "a path that leads out",
            "sed -i 's#state/cards.json#state/../../cards.json#' manifest.json; tar -cf \"$1\" manifest.json state configuration bluetooth"
        ),
    ]

    @Test(arguments: damages) func aDamagedBackupTouchesNothing(_ name: String, _ damage: String) async throws {
        try await Target.lend { target in
            try await GatewayWorld.run { world in
                try await world.store(1, sample(1000))
                try await world.files.copy()
                _ = try await Self.backup(world, target, "box.tar")
            }
            try target.write("state/ledger.sqlite", "precious")
            let file = target.folder + "/box.tar"
            let script = "set -e; mkdir \"$2\"; tar -xf \"$1\" -C \"$2\"; cd \"$2\"; \(damage); cd /; rm -r \"$2\""
            let spoilt = try await EarshotRun.run(.name("bash"), ["-c", script, "spoil", file, target.folder + "/unpacked"], socket: nil)
            try #require(spoilt.status == 0, "\(spoilt.error)")
            let before = try target.snapshot()
            let back = try await target.restore(file)
            #expect(back.status == 1, "\(name): \(back.output)")
            #expect(back.error.hasPrefix("earshot: "), "\(back.error)")
            #expect(try target.snapshot() == before, "\(name)")
        }
    }

    @Test func whatIsNotThereIsSaid() async throws {
        try await Target.lend { target in
            let none = try await EarshotRun.run(["backup", target.folder + "/x.tar"], socket: nil, environment: target.environment)
            #expect(none.status == 5)
            #expect(none.error.contains("There is no ledger at \(target.state)/ledger.sqlite"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: target.folder).isEmpty, "no part of a backup stays")
            #expect(try await target.restore("/nowhere.tar").status == 1)
            #expect(try await EarshotRun.run(["restore", "x.tar"], socket: nil, environment: target.environment).status == 2, "nobody can be asked")
        }
    }
}
