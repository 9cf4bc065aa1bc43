import APIClient
import CommandLine
import Foundation
import GatewayAPI
import GatewayTestSupport
import Ledger
import Recordings
import Subprocess
import SystemPackage
import Testing

/// A support report with secrets and names planted wherever one could come from: none is in it.
@Suite(.timeLimit(.minutes(10))) struct ReportTests {
    /// What must never be in a report, and would be found by this text.
    private static let planted = [
        // Tokens, as files and in logs.
        "es_decodeTOKEN0123456789abcdef", "ls_leaseZr81Zr81Zr81", "abcDEFtokenFromAnAgent",
        // Keys, in every spelling.
        "0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789ABCDEF", "ASNFZ4mrze8BI0VniavN7w==", "owner-passphrase-in-a-file",
        // Pairing.
        "483920", "118822",
        // The configuration.
        "sk-live-secret-in-an-argument", "hunter2", "basic-auth-user", "comment-with-a-secret",
        // What people said.
        "the-customer-wants-a-lower-price",
        // People and their things.
        "Anna", "Weiss", "anna@example.com", "anna@elsewhere.example", "Annas-Phone", "王小明", "Berta", "sales-team",
    ]

    @Test func nothingPlantedIsInIt() async throws {
        try await GatewayWorld.run { world in
            _ = try await world.control.addHolder(HolderRequest(id: "anna@example.com", name: "Anna Weiss", groups: ["sales-team"]))
            _ = try await world.control.addHolder(HolderRequest(id: "xm", name: "王小明"))
            try await world.store(1, sample(1000))
            _ = try await world.control.renameCard(world.card.id.description, to: "Berta")
            let job = try #require(try await world.control.lease("decode", LeaseRequest()).first)
            _ = try await world.control.failed(
                job.id, FailedRequest(lease: job.lease.token, reason: "the-customer-wants-a-lower-price", retry: false))
            try plant(world.folder)
            let file = world.folder + "/report.txt"
            let run = try await EarshotRun.run(
                ["report", file], socket: world.controlSocket,
                environment: [
                    "EARSHOT_STATE": world.folder + "/state", "EARSHOT_RUN": world.folder, "EARSHOT_CONFIG": world.folder + "/earshot.toml",
                    "PATH": world.folder + "/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? ""),
                    "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere/bus",
                ])
            #expect(run.status == 0, "\(run.error)")
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let text = String(decoding: try #require(FileManager.default.contents(atPath: file)), as: UTF8.self)
            for secret in Self.planted { #expect(text.range(of: secret, options: .caseInsensitive) == nil, "\(secret) is in it") }
            // It is of use all the same.
            for words in [
                "==== doctor", "trouble  bluetoothd  ", "==== status", "\"version\":\"0.1\"", "==== journal of earshotd.service", "the adapter hung",
                "[card-1]", "reserve = \"1 GiB\"", "\"/opt/agents/risk.py\"", "==== versions", "/recordings  ",
            ] {
                #expect(text.contains(words), "\(words) is not in it")
            }
        }
    }

    /// Secrets in every place that a report is made from, and programs that say some.
    private func plant(_ folder: String) throws {
        func write(_ path: String, _ text: String, executable: Bool = false) throws {
            let path = folder + "/" + path
            try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
            if executable { try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path) }
        }
        try write("tokens/decode", "es_decodeTOKEN0123456789abcdef")
        try write("tokens/risk", "abcDEFtokenFromAnAgent\n")
        try write("state/owner.key", "owner-passphrase-in-a-file\n")
        try Data([0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF])
            .write(to: URL(filePath: folder + "/state/other.key"))
        try write(
            "earshot.toml",
            """
            # comment-with-a-secret
            [storage]
            reserve = "1 GiB"     # comment-with-a-secret
            [agents.risk]
            command = ["/opt/agents/risk.py", "--key=sk-live-secret-in-an-argument"]
            [agents.other]
            command = [
              "/opt/agents/other.py",
              "sk-live-secret-in-an-argument",
            ]
            [destinations.crm]
            url = "https://basic-auth-user:hunter2@crm.example.com/hooks/anna"
            secret = "hunter2"
            """)
        try write(
            "bin/journalctl",
            """
            #!/bin/sh
            case "$*" in *agent*|*risk*) echo the-customer-wants-a-lower-price;; esac
            cat <<END
            2026-11-23T09:14:00 earshotd[7]: the adapter hung
            2026-11-23T09:14:00 earshotd[7]: session of ANNA WEISS with Berta, 王小明说, mail anna@elsewhere.example
            2026-11-23T09:14:00 earshotd[7]: Authorization: Bearer abcDEFtokenFromAnAgent, also es_decodeTOKEN0123456789abcdef
            2026-11-23T09:14:00 earshotd[7]: lease ls_leaseZr81Zr81Zr81 ended, token=abcDEFtokenFromAnAgent
            2026-11-23T09:14:01 bluetoothd[3]: passkey 483920 for Annas-Phone, confirmation of 118822
            2026-11-23T09:14:01 bluetoothd[3]: LTK: 0123456789ABCDEF0123456789ABCDEF or 0123456789abcdef0123456789abcdef
            2026-11-23T09:14:01 bluetoothd[3]: key ASNFZ4mrze8BI0VniavN7w== owner-passphrase-in-a-file
            END
            """, executable: true)
        try write("bin/systemctl", "#!/bin/sh\necho Id=earshotd.service\necho StatusText=Berta is linked\n", executable: true)
    }

    @Test func itWorksWithoutAGateway() async throws {
        let run = try await EarshotRun.run(
            ["report", "-"], socket: "/nowhere/api.sock", environment: ["EARSHOT_STATE": "/nowhere", "EARSHOT_CONFIG": "/nowhere/earshot.toml"])
        #expect(run.status == 0, "\(run.error)")
        #expect(run.output.contains("No gateway listens at /nowhere/api.sock"))
    }

    @Test func aFileThatIsThereIsNotReplaced() async throws {
        let run = try await EarshotRun.run(["report", "/etc/passwd"], socket: "/nowhere/api.sock")
        #expect(run.status == 1)
        #expect(run.error.contains("/etc/passwd"))
    }

    // MARK: - The redactor

    @Test(arguments: [
        ("Bearer abc.def-ghi", "Bearer [token]"), ("http://anna:pw@host/x", "http://[user]@host/x"),
        ("password = \"x y\"", "password = \"[secret] y\""),
        ("api-key: abcd,", "api-key: [secret],"), ("to eva@x.example now", "to [e-mail] now"), ("Passkey: 012345", "Passkey: [passkey]"),
        (String(repeating: "ab", count: 16), "[hex]"), ("/var/lib/earshot/recordings/rec_0123456789", "/var/lib/earshot/recordings/rec_0123456789"),
        ("at 2026-11-23T09:14:00.123Z, 123456 bytes", "at 2026-11-23T09:14:00.123Z, 123456 bytes"),
        ("00:1A:7D:DA:71:13 hci0", "00:1A:7D:DA:71:13 hci0"), ("es_abcdefgh", "es_[token]"),
    ])
    func whatLooksLikeASecretIsTakenOut(_ text: String, _ expected: String) {
        #expect(Redactor().redact(text) == expected)
    }

    @Test func namesAreWordsAndSecretsAreNot() {
        var redactor = Redactor()
        redactor.hide(name: "Anna Weiss", as: "person-1")
        redactor.hide(name: "anna", as: "card-1")
        redactor.hide(name: "李", as: "person-2")
        redactor.hide(secret: Array("top".utf8))
        redactor.hide(secret: Array("s3cr".utf8))
        #expect(redactor.redact("Anna/214, banana, WEISS. anna_1") == "[person-1]/214, banana, [person-1]. [person-1]_1")
        #expect(redactor.redact("top xs3crx 733363 czNjcg==") == "top x[secret]x 733363 [secret]")
    }
}
