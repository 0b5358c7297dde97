#!/usr/bin/env bash
# Makes a Debian package of a built program, and lets lintian look at it.
#
#     deb.sh PROGRAM DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1
out=$2
source packaging/version.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/debian/spool
debian=packaging/debian

strip --strip-unneeded --remove-section=.comment --remove-section=.note -o "$work/spool" "$program"
packaging/stage.sh "$work/spool" "$root" /usr
doc=$root/usr/share/doc/spool
# Long pages of documentation are compressed, by policy.
gzip -9n "$doc"/*.md

links=$(readelf -d "$program" | grep -c 'NEEDED.*libinotifytools' || true)
if [ "$links" -gt 0 ]; then notice=$debian/inotify.txt; else notice=/dev/null; fi
sed -e "/^@INOTIFY@$/{r $notice
a\\

d}" "$debian/copyright" >"$doc/copyright"
printf 'spool (%s) unstable; urgency=medium\n\n  * Version %s; see README.md.gz and docs beside this file.\n\n -- %s  %s\n' \
  "$version" "$version" "$maintainer" "$(date -R -u -d "@$SOURCE_DATE_EPOCH")" |
  gzip -9n >"$doc/changelog.gz"
install -D -m 644 "$debian/lintian-overrides" "$root/usr/share/lintian/overrides/spool"

mkdir -p "$root/DEBIAN"
for script in postinst prerm postrm; do install -m 755 "$debian/$script" "$root/DEBIAN/$script"; done

# dpkg-shlibdeps wants a source package's control file beside it.
printf 'Source: spool\n\nPackage: spool\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O debian/spool/usr/bin/spool | sed 's/^shlibs:Depends=//')

find "$root" -type d -exec chmod 755 {} +
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
architecture=$(dpkg --print-architecture)
sed -e "s|@VERSION@|$version|; s|@ARCHITECTURE@|$architecture|; s|@MAINTAINER@|$maintainer|" \
  -e "s|@SIZE@|$(du -sk --apparent-size "$root" | cut -f1)|; s|@DEPENDS@|$depends|" \
  "$debian/control.in" >"$root/DEBIAN/control"
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
chmod 644 "$root/DEBIAN/md5sums" "$root/DEBIAN/control"

mkdir -p "$out"
package=$out/spool_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$package" >/dev/null
if command -v lintian >/dev/null; then
  lintian --allow-root --fail-on error,warning --tag-display-limit 0 "$package"
else
  echo "deb: lintian is not installed, so nothing has looked at the package" >&2
fi
echo "made $package"
