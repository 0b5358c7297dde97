#!/usr/bin/env bash
# Lays out an installation: the program with its manual pages, completions, units, documentation and
# licences.
#
#     stage.sh PROGRAM DESTINATION PREFIX
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1
root=$2$3

install -D -m 755 "$program" "$root/bin/spool"

rm -rf "$root"/share/man/man1/spool.1* "$root"/share/man/man1/spool-*.1*
python3 packaging/man/manpages.py "$program" "$root/share/man/man1"
gzip -9n "$root"/share/man/man1/spool*.1

completions() { # SHELL FILE
  mkdir -p "$(dirname "$root/share/$2")"
  # It is read by the shell, not run: a first line that names an interpreter is of no use.
  "$program" --generate-completion-script "$1" | sed '1{/^#!/d}' >"$root/share/$2"
}
completions bash bash-completion/completions/spool
completions zsh zsh/vendor-completions/_spool
completions fish fish/vendor_completions.d/spool.fish

# A unit whose verb this program does not have is left out.
for unit in packaging/systemd/spool-*@.service; do
  verb=${unit##*/spool-}
  "$program" "${verb%@.service}" --help >/dev/null 2>&1 || continue
  mkdir -p "$root/lib/systemd/system"
  sed "s|/usr/bin/spool|$3/bin/spool|" "$unit" >"$root/lib/systemd/system/${unit##*/}"
done

doc=$root/share/doc/spool
mkdir -p "$doc/examples"
cp README.md docs/*.md "$doc"
cp packaging/systemd/hardened.conf "$doc/examples"
cp -r examples/notify "$doc/examples"
cp -r docs/schema "$doc"
