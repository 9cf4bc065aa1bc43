import DBus
import Doctor
import Foundation
import GatewayAPI
import Recordings
import Testing

/// Each check is run on a box where all is well, and on boxes where it is not.
@Suite(.timeLimit(.minutes(10))) struct DoctorTests {
    /// One way in which a box is not well, and what must be said of it.
    struct Trouble: Sendable, CustomTestStringConvertible {
        let check: String
        let verdict: Finding.Verdict
        /// Must stand in what was found, or in the remedy.
        let words: String
        /// Whether --fix has steps for it.
        let canMend: Bool
        let spoil: @Sendable (inout Box) throws -> Void

        init(_ check: String, _ words: String, canMend: Bool = false, _ spoil: @escaping @Sendable (inout Box) throws -> Void) {
            self.init(check, .trouble, words, canMend: canMend, spoil)
        }

        init(
            _ check: String, _ verdict: Finding.Verdict, _ words: String, canMend: Bool = false,
            _ spoil: @escaping @Sendable (inout Box) throws -> Void
        ) {
            self.check = check
            self.verdict = verdict
            self.words = words
            self.canMend = canMend
            self.spoil = spoil
        }

        var testDescription: String { "\(check): \(words)" }
    }

    @Test(arguments: Check.all.map(\.name)) func isFineOnABoxWhereAllIsWell(_ name: String) async throws {
        try await Box.lend { box in
            let finding = try await box.look(name)
            #expect(finding.verdict == .fine, "\(finding)")
            #expect(finding.mending.isEmpty)
        }
    }

    @Test(arguments: troubles) func seesTrouble(_ trouble: Trouble) async throws {
        try await Box.lend { box in
            try trouble.spoil(&box)
            let finding = try await box.look(trouble.check)
            #expect(finding.verdict == trouble.verdict, "\(finding)")
            #expect(finding.found.contains(trouble.words) || finding.remedy?.contains(trouble.words) == true, "\(finding)")
            #expect(finding.mending.isEmpty != trouble.canMend, "\(finding)")
            #expect(finding.remedy?.isEmpty == false)
        }
    }

    @Test func everyCheckWasSeenToFail() {
        let failed = Set(Self.troubles.filter { $0.verdict == .trouble || $0.verdict == .advice }.map(\.check))
        #expect(Set(Check.all.map(\.name)).subtracting(failed).isEmpty)
        #expect(Set(Check.all.map(\.name)).count == Check.all.count, "a name is one check's")
    }

    @Test func nothingIsChangedByLooking() async throws {
        try await Box.lend { box in
            for check in Check.all { _ = try await box.look(check.name) }
            let harmless = [
                "dpkg-query ", "dpkg --compare-versions ", "systemctl show ", "timedatectl show ",
                "runuser -u nobody -- busctl --system --timeout=5 call",
            ]
            for line in box.asked.all { #expect(harmless.contains(where: { line.hasPrefix($0) }), "\(line)") }
        }
    }

    // MARK: - Versions

    @Test(arguments: [
        ("5.50-1", ["CVE-2020-0556", "CVE-2023-45866", "CVE-2023-27349"]), ("5.55-3.1+deb11u1", ["CVE-2023-45866", "CVE-2023-27349"]),
        ("5.66-1", ["CVE-2023-45866", "CVE-2023-27349"]), ("5.66-1+deb12u1", ["CVE-2023-27349"]), ("5.66-1+deb12u2", []), ("5.66-1+deb12u10", []),
        ("5.68-2", ["CVE-2023-45866"]), ("5.82-1", []), ("1:5.66-1", []),
    ])
    func holesGoByTheVersionOfDebiansPackage(_ version: String, _ holes: [String]) async throws {
        try await Box.lend { box in
            try box.packages(["bluez": version])
            let finding = try await box.look("bluez-version")
            #expect(finding.verdict == (holes.isEmpty ? .fine : .trouble), "\(finding)")
            for cve in ["CVE-2020-0556", "CVE-2023-45866", "CVE-2023-27349", "CVE-2023-51596"] {
                #expect(finding.found.contains(cve) == holes.contains(cve), "\(version): \(finding.found)")
            }
        }
    }

    // MARK: - What is fine

    /// A card that somebody made an exception for was never authenticated.
    @Test func anExceptionIsNotJudgedByItsKey() async throws {
        try await Box.lend { box in
            try box.cards(
                #"{"id":"crd_0","name":"anna","adapter":"\#(Box.adapterAddress)","peer":"\#(Box.cardAddress)","paired_at":1,"method":"just_works"}"#)
            try box.bond(Box.cardAddress, name: "Recorder", key: "Authenticated=2")
            #expect(try await box.look("bond-keys").verdict == .fine)
        }
    }

    @Test(arguments: ["leave", "move"]) func aFolderThatTheUnitCanUseIsFine(_ then: String) async throws {
        try await Box.lend { box in
            try box.watch("/srv/earshot-import", then: then, made: true)
            let finding = try await box.look("watched-folders")
            #expect(finding.verdict == .fine && finding.found.contains("/srv/earshot-import is watched"), "\(finding)")
        }
    }

    // MARK: - Mending

    @Test func aBlockedRadioIsUnblocked() async throws {
        try await Box.lend { box in
            try box.write("/sys/class/rfkill/rfkill0/soft", "1\n")
            let finding = try await box.look("rfkill")
            #expect(try await box.mend(finding) == nil)
            #expect(box.read("/sys/class/rfkill/rfkill0/soft")?.first == "0")
        }
    }

    @Test func autosuspendIsSwitchedOff() async throws {
        try await Box.lend { box in
            try box.write("/sys/devices/usb1/1-2/power/control", "auto\n")
            #expect(try await box.mend(try await box.look("usb-power")) == nil)
            #expect(box.read("/sys/devices/usb1/1-2/power/control")?.hasPrefix("on") == true)
        }
    }

    @Test func theStateFolderIsClosed() async throws {
        try await Box.lend { box in
            try box.mode(0o755, Box.state)
            #expect(try await box.mend(try await box.look("state-folder")) == nil)
            #expect(box.modeOf(Box.state) == 0o700)
            let finding = try await box.look("state-folder")
            #expect(finding.verdict == .fine)
        }
    }

    @Test func aLinkIsNotFollowedWhenMending() async throws {
        try await Box.lend { box in
            try box.folder("/victim", mode: 0o755)
            let step = Mending.permissions(0o700, of: "/run/link")
            try box.link("/run/link", to: box.root + "/victim")
            #expect(await step.take(on: box.machine) != nil)
            #expect(box.modeOf("/victim") == 0o755)
        }
    }

    @Test func whatDoesNotWorkIsSaidAndEndsTheSteps() async throws {
        try await Box.lend { box in
            try box.remove("/var/log/journal")
            box.answers["mkdir"] = ProgramAnswer(status: 1, error: "mkdir: no space left\nand more")
            let finding = try await box.look("journal")
            #expect(try await box.mend(finding) == "mkdir: mkdir: no space left")
            #expect(!box.asked.all.contains(where: { $0.hasPrefix("systemd-tmpfiles") }))
        }
    }

    // MARK: - Without rights

    @Test func withoutRootTheProbeIsLeftOut() async throws {
        try await Box.lend { box in
            box.isRoot = false
            let finding = try await box.look("bus-lock")
            #expect(finding.verdict == .fine)
            #expect(!box.asked.all.contains(where: { $0.hasPrefix("runuser") }))
        }
    }
}
