// swift-tools-version: 6.2
import PackageDescription

// One manifest, five faces, chosen by environment; each has its own --scratch-path:
//   (plain)               the product and all its tests
//   EARSHOT_CORE=1        without HTTP and the executables: sanitizers, the inner loop
//   EARSHOT_CUSTODY=1     of that only the seeded worlds and the power cuts, for an optimised build; see docs/custody.md
//   EARSHOT_FUZZING=1     the same, with what Tests/Fuzzing needs beside it, built for libFuzzer; see docs/fuzzing.md
//   EARSHOT_BENCHMARKS=1  the product and the targets under Benchmarks/
let fuzzing = Context.environment["EARSHOT_FUZZING"] == "1"
let custody = Context.environment["EARSHOT_CUSTODY"] == "1"
let core = fuzzing || custody || Context.environment["EARSHOT_CORE"] == "1"
let benchmarks = Context.environment["EARSHOT_BENCHMARKS"] == "1"

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

extension Target.Dependency {
    static let logging = product(name: "Logging", package: "swift-log")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let lifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let signals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let arguments = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let subprocess = product(name: "Subprocess", package: "swift-subprocess")
    static let system = product(name: "SystemPackage", package: "swift-system")
}

// Data goes down this list, and so does a reader.
var targets: [Target] = [
    .systemLibrary(name: "CDBus", pkgConfig: "dbus-1", providers: [.apt(["libdbus-1-dev"])]),
    .systemLibrary(name: "COgg", pkgConfig: "ogg", providers: [.apt(["libogg-dev"])]),
    .systemLibrary(name: "COpus", pkgConfig: "opus", providers: [.apt(["libopus-dev"])]),
    .target(name: "CLinux"),
    .target(name: "Bytes"),
    .target(name: "EventLoop", dependencies: ["CLinux", .logging]),
    .target(name: "Recordings", dependencies: ["Bytes"]),
    .target(name: "GATT", dependencies: ["Bytes"]),
    .target(name: "DBus", dependencies: ["CDBus", "EventLoop", .logging]),
    .target(name: "BlueZ", dependencies: ["Bytes", "DBus", "EventLoop", "GATT", .logging]),
    .target(name: "CardProfile", dependencies: ["Bytes", "Recordings", .crypto]),
    .target(name: "OggOpus", dependencies: ["Bytes", "COgg"]),
    .target(name: "OpusAudio", dependencies: ["Bytes", "COpus", "OggOpus"]),
    .target(name: "Drivers", dependencies: ["Bytes", "CardProfile", "GATT", "Recordings", .logging]),
    .target(name: "Ledger", dependencies: ["Bytes", "EventLoop", "Recordings", .crypto, .grdb]),
    .target(name: "RecordingStore", dependencies: ["Bytes", "EventLoop", "Ledger", "Recordings", .crypto, .logging]),
    .target(name: "Radio", dependencies: ["Bytes", "Drivers", "GATT", "Recordings", .logging]),
    .target(name: "Custody", dependencies: ["Bytes", "GATT", "Ledger", "Radio", "RecordingStore", "Recordings"]),
    .target(name: "SoftwareCard", dependencies: ["Bytes", "CardProfile", "GATT", "OggOpus", "OpusAudio", "Recordings", .crypto, .logging]),
    .target(name: "SimulatedBlueZ", dependencies: ["Bytes", "DBus", "EventLoop", "GATT", .logging]),
    .target(name: "GatewayAPI", dependencies: ["Recordings"]),
    .target(name: "DiskShim", path: "Tests/DiskShim"),
    .target(name: "CSanitizers", path: "Tests/CSanitizers"),
    .target(name: "CSQLiteSettings", path: "Tests/CSQLiteSettings", linkerSettings: [.linkedLibrary("sqlite3")]),
    .target(
        name: "TestSupport",
        dependencies: ["Bytes", "CSQLiteSettings", "CSanitizers", "DBus", "DiskShim", "EventLoop", "GATT", "Recordings", .crypto, .logging],
        path: "Tests/TestSupport"),
]

/// The tests of one target, with what they need beside it and TestSupport.
func tests(of target: String, with dependencies: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource] = []) -> Target {
    .testTarget(
        name: target + "Tests", dependencies: [.byName(name: target), "TestSupport"] + dependencies, exclude: exclude, resources: resources)
}

targets += [
    tests(of: "DiskShim", with: ["EventLoop", .grdb]),
    tests(of: "Bytes"),
    tests(of: "EventLoop", with: ["CLinux"]),
    tests(of: "Recordings", with: ["Bytes"]),
    tests(of: "GATT", with: ["Bytes"]),
    tests(of: "DBus", with: ["EventLoop"]),
    tests(of: "BlueZ", with: ["Bytes", "DBus", "EventLoop", "GATT", "SimulatedBlueZ"]),
    tests(of: "CardProfile", with: ["Bytes", "Recordings", .crypto]),
    tests(of: "OggOpus", with: ["Bytes"]),
    tests(of: "OpusAudio", with: ["Bytes", "OggOpus"]),
    tests(of: "Drivers", with: ["Bytes", "CardProfile", "GATT", "Recordings", "SoftwareCard", .crypto]),
    tests(of: "Ledger", with: ["Bytes", "EventLoop", "Recordings", .crypto, .grdb], exclude: ["Versions"]),
    tests(of: "RecordingStore", with: ["Bytes", "EventLoop", "Ledger", "Recordings", .crypto, .grdb]),
    .testTarget(
        name: "PowerCutTests",
        dependencies: [
            "TestSupport", "Bytes", "Drivers", "EventLoop", "GATT", "Ledger", "RecordingStore", "Recordings", "SoftwareCard", .crypto, .logging,
        ]),
    tests(of: "Radio", with: ["BlueZ", "Bytes", "DBus", "Drivers", "EventLoop", "GATT", "Recordings", "SimulatedBlueZ", "SoftwareCard", .logging]),
    tests(of: "SoftwareCard", with: ["Bytes", "CardProfile", "GATT", "OggOpus", "OpusAudio", "Recordings", .crypto]),
    tests(of: "SimulatedBlueZ", with: ["Bytes", "DBus", "EventLoop", "GATT"]),
    tests(of: "GatewayAPI", with: ["Recordings"]),
    tests(
        of: "Custody",
        with: [
            "Bytes", "CardProfile", "Drivers", "EventLoop", "GATT", "Ledger", "Radio", "RecordingStore", "Recordings", "SoftwareCard", .crypto, .grdb,
            .logging,
        ], exclude: ["Mutations"]),
    .testTarget(name: "ArchitectureTests", dependencies: ["TestSupport"], exclude: ["imports.txt", "libraries.txt"]),
]

var dependencies: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
]

if fuzzing || !core {
    targets += [
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .target(name: "Daemon", dependencies: ["Bytes", "CSystemd", .logging, .lifecycle, .signals]),
    ]
    dependencies += [
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0")
    ]
}

if !core {
    targets += [
        .target(
            name: "APIServer",
            dependencies: [
                "Bytes", "Drivers", "EventLoop", "GATT", "GatewayAPI", "Ledger", "Radio", "RecordingStore", "Recordings", .hummingbird, .nioCore,
                .nioPosix, .lifecycle, .logging,
            ]),
        .target(name: "APIClient", dependencies: ["GatewayAPI", .nioCore, .nioPosix, .nioHTTP1]),
        .target(
            name: "Gateway",
            dependencies: [
                "APIServer", "GatewayAPI", "BlueZ", "Bytes", "Custody", "DBus", "Daemon", "Drivers", "EventLoop", "GATT", "Ledger", "Radio",
                "RecordingStore",
                "Recordings",
                .lifecycle, .logging,
            ]),
        .target(
            name: "Workers",
            dependencies: ["APIClient", "Daemon", "EventLoop", "GatewayAPI", "Recordings", .crypto, .lifecycle, .logging]),
        .target(
            name: "Processing",
            dependencies: [
                "APIClient", "Bytes", "Daemon", "EventLoop", "GatewayAPI", "OggOpus", "OpusAudio", "Recordings", "Workers", .subprocess, .system,
                .logging,
            ]),
        .target(
            name: "Importing",
            dependencies: [
                "APIClient", "Bytes", "Daemon", "EventLoop", "GatewayAPI", "Recordings", "Workers", .crypto, .lifecycle, .logging,
            ]),
        .target(name: "Uploading", dependencies: ["APIClient", "Bytes", "Daemon", "EventLoop", "GatewayAPI", "Recordings", "Workers", .logging]),
        .systemLibrary(name: "CBluetooth", pkgConfig: "bluez", providers: [.apt(["libbluetooth-dev"])]),
        .target(name: "HCI", dependencies: ["CBluetooth", "EventLoop", "GATT"]),
        .target(name: "Doctor", dependencies: ["Bytes", "DBus", "Daemon", "EventLoop", "GatewayAPI", "HCI"]),
        .target(name: "Backups", dependencies: ["Daemon", "EventLoop", "Ledger", "Recordings", .crypto, .subprocess, .system]),
        .target(
            name: "CommandLine",
            dependencies: [
                "APIClient", "Backups", "Bytes", "DBus", "Daemon", "Doctor", "EventLoop", "GatewayAPI", "HCI", "Importing", "Recordings", "Workers",
                .arguments, .signals,
                .subprocess, .system,
                .logging,
            ]),
        .target(
            name: "CardHost",
            dependencies: [
                "BlueZ", "Bytes", "CardProfile", "DBus", "Daemon", "EventLoop", "GATT", "OggOpus", "OpusAudio", "Recordings", "SimulatedBlueZ",
                "SoftwareCard",
                .arguments, .logging,
            ]),
        .executableTarget(name: "earshotd", dependencies: ["Gateway"]),
        .executableTarget(name: "earshot", dependencies: ["CommandLine"]),
        .executableTarget(name: "earshot-worker", dependencies: ["Processing"]),
        .executableTarget(name: "earshot-upload", dependencies: ["Uploading"]),
        .executableTarget(name: "earshot-import", dependencies: ["Importing"]),
        .executableTarget(name: "earshot-card", dependencies: ["CardHost"]),
        .executableTarget(name: "guest-probe", dependencies: ["TestSupport", "BlueZ", "DBus", "EventLoop", "GATT"], path: "Tests/Guest/probe"),
        .target(
            name: "GatewayTestSupport",
            dependencies: [
                "APIClient", "APIServer", "Bytes", "EventLoop", "GATT", "GatewayAPI", "Ledger", "Radio", "RecordingStore", "Recordings", .crypto,
                .logging, .nioCore, .nioPosix,
            ], path: "Tests/GatewayTestSupport"),
        tests(
            of: "APIServer",
            with: [
                "APIClient", "Daemon", "Drivers", "GATT", "GatewayAPI", "GatewayTestSupport", "Ledger", "OggOpus", "OpusAudio", "Processing", "Radio",
                "Recordings", "Uploading", .lifecycle, .logging, .subprocess, .system,
            ], exclude: ["schemathesis_peer.py"]),
        tests(of: "Gateway", with: ["Bytes", "GatewayTestSupport", "Ledger", "Radio", "Recordings"]),
        tests(of: "APIClient", with: ["GatewayAPI", "GatewayTestSupport", "Ledger", "Recordings", .nioCore, .nioPosix]),
        tests(of: "Daemon", with: [.lifecycle, .logging, .subprocess, .system], exclude: ["tomllib_peer.py"]),
        .target(
            name: "StubGateway", dependencies: ["APIClient", "GatewayAPI", "Recordings", .nioCore, .nioPosix, .nioHTTP1, .crypto],
            path: "Tests/StubGateway"),
        tests(of: "Processing", with: ["APIClient", "Bytes", "GatewayAPI", "OggOpus", "OpusAudio", "Recordings", "StubGateway", "Workers"]),
        tests(of: "Importing", with: ["Daemon", "EventLoop", "Recordings", "Workers"]),
        tests(of: "Uploading", with: ["APIClient", "Bytes", "Daemon", "EventLoop", "GatewayAPI", "Recordings", "StubGateway", "Workers"]),
        tests(of: "CardHost", with: ["DBus", "EventLoop", "GATT", "Recordings", "SoftwareCard"]),
        tests(of: "HCI", with: ["EventLoop", "GATT"]),
        tests(of: "Doctor", with: ["DBus", "Daemon", "EventLoop", "GATT", "GatewayAPI", "HCI", "Recordings", .subprocess, .system]),
        tests(
            of: "CommandLine",
            with: [
                "APIClient", "EventLoop", "GatewayAPI", "GatewayTestSupport", "Ledger", "Radio", "RecordingStore", "Recordings", "earshot",
                .subprocess, .system,
            ]),
        .testTarget(
            name: "KillPointTests",
            dependencies: [
                "TestSupport", "APIClient", "CardHost", "EventLoop", "GATT", "GatewayAPI", "Recordings", "SimulatedBlueZ", "SoftwareCard", "earshotd",
                "earshot-worker", "earshot-upload", .logging, .subprocess, .system,
            ]),
        .testTarget(
            name: "PairingTests",
            dependencies: [
                "TestSupport", "APIClient", "CardProfile", "EventLoop", "GATT", "GatewayAPI", "Recordings", "SimulatedBlueZ", "SoftwareCard",
                "earshotd", "earshot", .logging, .subprocess, .system,
            ]),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "TestSupport", "APIClient", "GatewayAPI", "earshotd", "earshot", "earshot-worker", "earshot-upload", "earshot-import",
                "earshot-card", .subprocess,
                .system,
                .crypto,
            ],
            exclude: ["attack", "bleak"]),
    ]
    dependencies += [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
    ]
}

if fuzzing {
    targets += [
        // Of the uploader only what makes paths of foreign text: the rest needs HTTP.
        .target(name: "Uploading", dependencies: ["Daemon", "GatewayAPI", "Recordings"], sources: ["NameTemplate.swift"]),
        // Of the importer only what reads the files.
        .target(
            name: "Importing", dependencies: ["Bytes", "Daemon", "EventLoop", "Recordings", .crypto],
            sources: ["MovieTime.swift", "SoundFile.swift", "StartOfFile.swift", "TagTime.swift"]),
        .systemLibrary(name: "CFuzzer", path: "Tests/CFuzzer"),
        .executableTarget(
            name: "Fuzzing",
            dependencies: [
                "Bytes", "CFuzzer", "CardProfile", "DBus", "Daemon", "GATT", "GatewayAPI", "Importing", "OggOpus", "OpusAudio", "Recordings",
                "Uploading",
            ],
            path: "Tests/Fuzzing", exclude: ["Corpus"],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]),
    ]
}

if custody {
    let suites: Set = ["CustodyTests", "PowerCutTests"]
    let unused: Set = ["BlueZ", "SimulatedBlueZ", "GatewayAPI"]
    targets.removeAll { unused.contains($0.name) || $0.type == .test && !suites.contains($0.name) }
}

if benchmarks {
    targets += [
        .target(name: "PullPeer", path: "Benchmarks/PullPeer"),
        .executableTarget(
            name: "PullBenchmark",
            dependencies: [
                "BlueZ", "Bytes", "CardProfile", "DBus", "Drivers", "EventLoop", "GATT", "PullPeer", "Recordings", .logging, .subprocess, .system,
            ],
            path: "Benchmarks/PullBenchmark"),
        .target(name: "DecodePeer", dependencies: ["COgg", "COpus"], path: "Benchmarks/DecodePeer"),
        .executableTarget(name: "DecodeBenchmark", dependencies: ["DecodePeer", "OggOpus", "OpusAudio"], path: "Benchmarks/DecodeBenchmark"),
        .executableTarget(
            name: "AuditBenchmark", dependencies: ["Bytes", "EventLoop", "Ledger", "Recordings", .grdb], path: "Benchmarks/AuditBenchmark"),
    ]
}

/// Their loops run over every sample or byte: optimised in debug builds too, which the demo and the tests run from.
let optimised: Set = ["Bytes", "OggOpus", "OpusAudio", "PowerCutTests"]

for target in targets where target.type != .system {
    target.swiftSettings = strict
    if fuzzing { target.swiftSettings?.append(.unsafeFlags(["-sanitize=fuzzer,address"])) }
    if optimised.contains(target.name) { target.swiftSettings?.append(.unsafeFlags(["-O"], .when(configuration: .debug))) }
}

/// For LD_PRELOAD: what sees the file calls of an unchanged program.
let shim = Product.library(name: "DiskShim", type: .dynamic, targets: ["DiskShim"])

let package = Package(name: "earshot", products: [shim], dependencies: dependencies, targets: targets, swiftLanguageModes: [.v6])
