#!/usr/bin/env bash
# Installs a Debian package into bare systems, made by debootstrap, without Swift: runs a chain there,
# looks at manual pages and completions, and purges it. Wants root and debootstrap.
#
#     test-deb.sh PACKAGE SUITE…
#
# Systems are kept in $SPOOL_ROOTS, so that a second run need not make them again; without that they are
# made in a temporary directory.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
package=$1
shift
mirror=${SPOOL_MIRROR:-http://deb.debian.org/debian}

if [ "$(id -u)" -ne 0 ]; then
  echo "test-deb: run it as root: debootstrap and chroot want that" >&2
  exit 1
fi
command -v debootstrap >/dev/null || { echo "test-deb: please install debootstrap" >&2; exit 1; }

work=$(mktemp -d)
roots=${SPOOL_ROOTS:-$work}

# A copy of the system, in a mount namespace that ends with the shell.
try() { # SUITE
  local root=$work/run-$1
  cp -a "$roots/$1" "$root"
  cp "$package" "$root/tmp/spool.deb"
  cp "$here/inside.sh" "$root/tmp/inside.sh"
  cp -r "$here/chain" "$root/tmp/chain"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  printf 'deb %s %s main\n' "$mirror" "$1" >"$root/etc/apt/sources.list"
  unshare --mount --pid --fork --kill-child bash -euo pipefail -c '
    mount --make-rprivate /
    mount -t proc proc "$0/proc"
    mount --rbind /dev "$0/dev"
    exec chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root \
      bash /tmp/inside.sh' "$root"
  rm -rf --one-file-system "$root"
}

trap 'rm -rf --one-file-system "$work"' EXIT
for suite in "$@"; do
  mkdir -p "$roots"
  if [ ! -e "$roots/$suite/etc/debian_version" ]; then
    echo "test-deb: making a system of $suite"
    debootstrap --variant=minbase --include=man-db "$suite" "$roots/$suite" "$mirror" >/dev/null
  fi
  echo "test-deb: $suite"
  try "$suite"
done
echo "test-deb: all is well"
