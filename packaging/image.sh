#!/usr/bin/env bash
# Makes an OCI image of a program that was built for a tarball, as an archive and in the local store.
#
#     image.sh PROGRAM DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1
out=$2
source packaging/version.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
packaging/image-root.sh "$program" "$work/root"
cp packaging/Containerfile "$work"
mkdir -p "$out"

# In a container, or where there is no user namespace, neither overlays nor name spaces can be made.
tools=${SPOOL_PODMAN:-podman}
options=(--tag "spool:$version" --tag spool:latest --timestamp "$SOURCE_DATE_EPOCH" --layers=false)
if ! $tools build "${options[@]}" "$work" >"$work/log" 2>&1; then
  tools="$tools --storage-driver vfs"
  $tools build --isolation chroot "${options[@]}" "$work" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
  }
fi
archive=$out/spool-$version-image.tar
rm -f "$archive"
$tools save --quiet --format oci-archive --output "$archive" "spool:$version"
echo "made $archive; podman load -i $archive"
