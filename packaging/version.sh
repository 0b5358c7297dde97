# What the names of packages hold. To be sourced in the package's root, with $program set.
version=$("$program" --version)
maintainer="${DEBFULLNAME:-Spool developers} <${DEBEMAIL:-spool@localhost}>"
# The time of the last commit, so that the same source gives the same packages.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
