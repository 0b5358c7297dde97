# The version, as the program says it, and what else packages name. To be sourced in the package's root.
version=$(sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/SpoolCommands/SpoolCommand.swift)
maintainer=${SPOOL_MAINTAINER:-Spool developers <spool@localhost>}
homepage=${SPOOL_HOMEPAGE:-https://spool.example}
# The time of the last commit, so that the same source gives the same packages.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
