// swift-tools-version: 6.3

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let locks: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

// Floor by floor, from the cellar up: a target imports only floors below its own.
let cellar: [Target] = [
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CLinux"),
    .target(name: "PocketCouch", dependencies: [hummingbird, locks, logging, nioCore, serviceLifecycle]),
]

let floor0: [Target] = [
    .target(name: "Curl", dependencies: ["CCurl", "CLinux", locks]),
    .target(name: "Settings"),
    .target(name: "Status"),
    .target(name: "Store", dependencies: ["CLinux", grdb, grdbSQLite, locks]),
]

let floor1: [Target] = [
    .target(name: "CouchFeed", dependencies: ["Curl", "Status", "Store", locks, logging]),
    .target(name: "Processes", dependencies: ["CLinux", "Status", locks, logging, subprocess, systemPackage]),
]

let floor2: [Target] = [
    .target(name: "Daemons", dependencies: ["Processes", "Settings", "Status", locks, logging]),
    .target(name: "Notices", dependencies: ["CouchFeed", "Curl", "Processes", "Settings", "Store", locks]),
]

let floor3: [Target] = [
    .target(name: "Control", dependencies: ["CLinux", "Status", hummingbird, locks, logging, nioCore])
]

let upperFloors: [Target] = [
    .target(
        name: "HeraldService",
        dependencies: [
            "CLinux", "Control", "CouchFeed", "Curl", "Daemons", "Notices", "Processes", "Settings", "Status", "Store",
            locks, logging, serviceLifecycle, unixSignals,
        ]
    ),
    .executableTarget(
        name: "herald",
        dependencies: [
            "CLinux", "Control", "CouchFeed", "Curl", "HeraldService", "PocketCouch", "Processes", "Settings", "Status",
            "Store", argumentParser, locks, logging,
            serviceLifecycle, unixSignals,
        ]
    ),
]

let tests: [Target] = [
    .target(
        name: "TestSupport",
        dependencies: ["CLinux", locks, nioCore, .product(name: "NIOPosix", package: "swift-nio")],
        path: "Tests/TestSupport",
        exclude: ["Recordings"]
    ),
    .executableTarget(name: "herald-bench", dependencies: ["CLinux", argumentParser], path: "Tests/Benchmark"),
    .testTarget(name: "StatusTests", dependencies: ["Status"]),
    .testTarget(name: "SettingsTests", dependencies: ["Settings"]),
    .testTarget(name: "StoreTests", dependencies: ["Store", "CLinux", "TestSupport", grdb]),
    .testTarget(name: "CurlTests", dependencies: ["Curl", "PocketCouch", "TestSupport", locks]),
    .testTarget(
        name: "CouchFeedTests",
        dependencies: ["CouchFeed", "Curl", "PocketCouch", "Store", "TestSupport", logging]
    ),
    .testTarget(name: "ProcessesTests", dependencies: ["Processes", "TestSupport", locks, logging]),
    .testTarget(
        name: "NoticesTests",
        dependencies: ["Notices", "CouchFeed", "Processes", "Settings", "Store", "TestSupport", locks, logging]
    ),
    .testTarget(
        name: "DaemonsTests",
        dependencies: ["Daemons", "Processes", "Settings", "Status", "TestSupport", logging]
    ),
    .testTarget(name: "PocketCouchTests", dependencies: ["PocketCouch", "Curl", "TestSupport"]),
    .testTarget(
        name: "ControlTests",
        dependencies: [
            "CLinux", "Control", "Status", "TestSupport", locks, logging, nioCore,
            .product(name: "NIOEmbedded", package: "swift-nio"),
        ]
    ),
    .testTarget(
        name: "HeraldServiceTests",
        dependencies: [
            "HeraldService", "CouchFeed", "Notices", "Processes", "Settings", "Store", "TestSupport", locks, logging,
        ]
    ),
    .testTarget(
        name: "HeraldTests",
        dependencies: [
            "herald", "Control", "HeraldService", "Status", "Store", "TestSupport", locks, logging, nioCore,
        ]
    ),
    .testTarget(
        name: "ServiceTests",
        dependencies: ["herald", "Control", "PocketCouch", "Status", "Store", "TestSupport", locks]
    ),
]

let package = Package(
    name: "herald",
    products: [.executable(name: "herald", targets: ["herald"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: cellar + floor0 + floor1 + floor2 + floor3 + upperFloors + tests,
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = settings
}
