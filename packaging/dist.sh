#!/usr/bin/env bash
# Makes a tarball of a program that was built for any Linux with glibc 2.36 or later, and looks whether
# it asks for more.
#
#     dist.sh PROGRAM DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1
out=$2
source packaging/version.sh
most=2.36

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
name=spool-$version-linux-$(uname -m)
root=$work/$name
strip --strip-unneeded -o "$work/spool" "$program"

packaging/needs.sh "$work/spool" "$most"

packaging/stage.sh "$work/spool" "$root" ""
packaging/licences.sh "$root/share/doc/spool/licences"
# Units name the place of an installation, which is not known before.
sed -i 's|^ExecStart=/bin/spool|ExecStart=/usr/local/bin/spool|' "$root"/lib/systemd/system/*.service
cp packaging/INSTALL "$root/INSTALL"

find "$root" -type d -exec chmod 755 {} +
mkdir -p "$out"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
  -C "$work" -cJf "$out/$name.tar.xz" "$name"
echo "made $out/$name.tar.xz"
