#!/usr/bin/env bash
# Lays out the root of an image: the program, and the libraries that it names.
#
#     image-root.sh PROGRAM DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
root=$2
mkdir -p "$root/usr/bin" "$root/usr/share/doc/spool" "$root/etc"
install -d -m 1777 "$root/tmp" "$root/var/tmp"
strip --strip-unneeded -o "$root/usr/bin/spool" "$1"
ldd "$root/usr/bin/spool" | grep -o '/[^ ]*' | while read -r library; do
  install -D -m 755 "$(readlink -f "$library")" "$root$library"
done
echo 'root:x:0:0:root:/:/usr/bin/spool' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
packaging/licences.sh "$root/usr/share/doc/spool/licences"
