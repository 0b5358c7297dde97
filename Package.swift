// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

/// `make test` builds in release, so that simulations run fast. The tests themselves gain nothing by the
/// optimizer, and would keep it busy for longest.
let testSettings = settings + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

/// The C compiler's settings: the same for every C target.
let cSettings: [CSetting] = [.define("_GNU_SOURCE")]

let package = Package(
  name: "spool",
  products: [
    .executable(name: "spool", targets: ["spool"]),
    // For programs that look into a spool, and drop requests.
    .library(name: "SpoolClient", targets: ["SpoolClient", "SpoolModel", "SpoolStore"]),
  ],
  traits: [
    .trait(
      name: "Inotify",
      description: "Learn of changes through libinotifytools (GPL-2); without it, by polling."),
    .default(enabledTraits: ["Inotify"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
  ],
  targets: [
    .target(name: "CSpoolSystem", cSettings: cSettings),
    .systemLibrary(name: "CInotifyTools", providers: [.apt(["libinotifytools0-dev"])]),

    .target(name: "SpoolModel", swiftSettings: settings),
    .target(
      name: "SpoolStore",
      dependencies: [
        "CSpoolSystem", "SpoolModel",
        .target(name: "CInotifyTools", condition: .when(traits: ["Inotify"])),
      ],
      swiftSettings: settings),
    .target(
      name: "SpoolWatcher",
      dependencies: [
        "SpoolModel", "SpoolStore",
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "DequeModule", package: "swift-collections"),
      ],
      swiftSettings: settings),
    .target(
      name: "SpoolPilot",
      dependencies: [
        "CSpoolSystem", "SpoolModel", "SpoolStore",
        .product(name: "DequeModule", package: "swift-collections"),
      ],
      swiftSettings: settings),
    .target(
      name: "SpoolClient", dependencies: ["SpoolModel", "SpoolStore", "SpoolPilot"],
      swiftSettings: settings),
    .target(
      name: "SpoolFactory", dependencies: ["SpoolModel", "SpoolStore"], swiftSettings: settings),
    .target(
      name: "SpoolCommands",
      dependencies: [
        "CSpoolSystem", "SpoolModel", "SpoolStore", "SpoolWatcher", "SpoolPilot", "SpoolClient",
        "SpoolFactory",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .executableTarget(name: "spool", dependencies: ["SpoolCommands"], swiftSettings: settings),

    .executableTarget(
      name: "frames", path: "examples/frames", exclude: ["README.md", "task.json"],
      swiftSettings: settings),

    .target(
      name: "SpoolTesting",
      dependencies: [
        "SpoolModel", "SpoolStore", "SpoolWatcher", "SpoolPilot",
        .product(name: "HeapModule", package: "swift-collections"),
      ],
      path: "Tests/SpoolTesting", swiftSettings: settings),
    .executableTarget(
      name: "scale-bench", dependencies: ["SpoolTesting", "SpoolStore"], path: "Tests/ScaleBench",
      swiftSettings: settings),
    .executableTarget(
      name: "runner-probe", dependencies: ["SpoolPilot", "SpoolStore"], path: "Tests/RunnerProbe",
      swiftSettings: settings),
    .testTarget(name: "SpoolModelTests", dependencies: ["SpoolModel"], swiftSettings: testSettings),
    .testTarget(
      name: "SpoolStoreTests", dependencies: ["SpoolModel", "SpoolStore", "SpoolTesting"],
      swiftSettings: testSettings),
    .testTarget(
      name: "SpoolWatcherTests",
      dependencies: ["SpoolModel", "SpoolStore", "SpoolWatcher", "SpoolPilot", "SpoolTesting"],
      exclude: ["Fixtures"], swiftSettings: testSettings),
    .testTarget(
      name: "SpoolPilotTests",
      dependencies: ["SpoolModel", "SpoolStore", "SpoolPilot", "SpoolTesting", "runner-probe"],
      swiftSettings: testSettings),
    .testTarget(
      name: "SpoolFactoryTests",
      dependencies: ["SpoolModel", "SpoolStore", "SpoolFactory", "SpoolTesting"],
      exclude: ["Recorded"], swiftSettings: testSettings),
    .testTarget(
      name: "SpoolCommandTests",
      dependencies: [
        "SpoolModel", "SpoolStore", "SpoolClient", "SpoolCommands", "SpoolTesting", "spool",
        "frames",
      ],
      exclude: ["Fixtures", "Support/terminal.py"],
      swiftSettings: testSettings),
  ]
)
