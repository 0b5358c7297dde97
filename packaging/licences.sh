#!/usr/bin/env bash
# Puts the licences of the project and of what is linked into the program statically into a directory.
#
#     licences.sh DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "$1"
cp LICENSE "$1/spool.txt"
for package in swift-argument-parser swift-collections; do
  found=$(ls -d .build*/checkouts/"$package"/LICENSE.txt | head -1)
  cp "$found" "$1/$package.txt"
done
swift=$(dirname "$(readlink -f "$(command -v swiftc || command -v swift)")")/..
cp "$swift/share/swift/LICENSE.txt" "$1/swift-runtime.txt"
cat >"$1/README" <<'T'
The program holds in one file its own code and, linked into it statically, what these licences are of:

spool.txt                  Spool itself
swift-argument-parser.txt  the parser of the command line
swift-collections.txt      a heap and a deque
swift-runtime.txt          the runtime and standard library of Swift, with libdispatch and
                           FoundationEssentials

It also holds parts of libstdc++ and libgcc, which are under the GNU General Public License, version 3,
with the GCC Runtime Library Exception: it allows programs of any licence.

It is built without libinotifytools, and so looks on a timer for what changes.
T
