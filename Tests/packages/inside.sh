#!/usr/bin/env bash
# The part of test-deb.sh that runs in the bare system.
set -euo pipefail

fail() {
  echo "test-deb: $*" >&2
  exit 1
}

# What is there before, without what the package manager and the programs called here keep of their own.
# The test's own files are in /tmp.
listing() {
  find / -xdev \( -path /proc -o -path /dev -o -path /sys -o -path /tmp -o -path /run \
    -o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/log \) -prune \
    -o -print | sort
}

# Minimal systems leave manual pages out, as images for containers do.
rm -f /etc/dpkg/dpkg.cfg.d/*docker* /etc/dpkg/dpkg.cfg.d/excludes
apt-get update -qq
# What the package needs, and the shells whose completions are tried, are there before, so that the
# listing shows the package alone.
needs=$(dpkg-deb -f /tmp/spool.deb Depends | sed 's/([^)]*)//g; s/|[^,]*//g; s/,/ /g')
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $needs \
  bash-completion zsh fish >/dev/null 2>&1
# The user of the test is there from the beginning, as well.
useradd --create-home --home-dir /tmp/home tester
listing >/tmp/before

command -v swift >/dev/null && fail "there is a Swift here"
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends /tmp/spool.deb >/dev/null
[ "$(spool --version)" = "$(dpkg-deb -f /tmp/spool.deb Version)" ] || fail "the version differs"
if ldd /usr/bin/spool | grep -E 'not found|swift'; then fail "a library is missing"; fi

# A chain of three steps, over files that come from a manifest, by watcher and pilot as two processes.
# All of it is an ordinary user's.
mkdir /tmp/work && cp -r /tmp/chain/. /tmp/work && chown -R tester /tmp/work
cat >/tmp/chain.sh <<'S'
set -eu
cd /tmp/work
spool init >/dev/null
spool submit chain.json numbers.json
spool watch --exit-when-idle 2>watch.log & watch=$!
spool pilot --cpus 2 --memory 1GB --exit-when-idle 2>pilot.log & pilot=$!
spool wait sums
spool status sums.total
[ "$(cat out/total.txt)" = 385 ]
wait $watch
wait $pilot
spool check
S
su tester -c 'sh /tmp/chain.sh' >/tmp/chain.log 2>&1 || {
  cat /tmp/chain.log /tmp/work/*.log >&2
  fail "the chain did not come to its end"
}
rm -rf /tmp/work

# A manual page for the program and for each verb, with the sections that people look for.
verbs=$(spool --help | sed -n '/^SUBCOMMANDS:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p')
[ "$(echo "$verbs" | wc -l)" -gt 20 ] || fail "few verbs: $verbs"
for page in spool $(printf 'spool-%s ' $verbs); do
  text=$(MANWIDTH=100 man "$page" 2>/tmp/man.err) || fail "man $page: $(cat /tmp/man.err)"
  [ -s /tmp/man.err ] && fail "man $page: $(cat /tmp/man.err)"
  for section in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' 'SEE ALSO'; do
    grep -q "^$section" <<<"$text" || fail "man $page has no $section"
  done
done
man -w spool-submit >/dev/null
MANWIDTH=100 man spool-submit | grep -q -- '--files-per-job' || fail "man spool-submit lacks an option"

# Completions, as the shells give them.
bash -c '
  source /usr/share/bash-completion/bash_completion
  _completion_loader spool 2>/dev/null || source /usr/share/bash-completion/completions/spool
  COMP_WORDS=(spool sub) COMP_CWORD=1 COMP_LINE="spool sub" COMP_POINT=9
  $(complete -p spool | sed "s/.*-F \([^ ]*\) .*/\1/") spool sub spool
  printf "%s\n" "${COMPREPLY[@]}"' | grep -qx 'submit *' || fail "bash completes nothing"
fish -c 'complete --do-complete "spool sub"' | grep -q '^submit' || fail "fish completes nothing"
zsh -fc 'fpath=(/usr/share/zsh/vendor-completions $fpath); autoload -Uz compinit; compinit -u -d /tmp/zc
  [[ $_comps[spool] = _spool ]] && autoload +X _spool' || fail "zsh does not know the completion"
zsh -n /usr/share/zsh/vendor-completions/_spool

# Units, which nobody has enabled.
ls /usr/lib/systemd/system/spool-watch@.service /usr/lib/systemd/system/spool-pilot@.service >/dev/null
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s /usr/lib/systemd/system/spool-watch@.service \
  /etc/systemd/system/multi-user.target.wants/spool-watch@srv-spool.service

DEBIAN_FRONTEND=noninteractive apt-get purge -y -qq spool >/dev/null
rmdir --ignore-fail-on-non-empty -p /etc/systemd/system/multi-user.target.wants 2>/dev/null || true
listing >/tmp/after
# Caches of other packages that were made by the programs called here are theirs.
left=$(comm -13 /tmp/before /tmp/after | grep -vE '^/(root|var/lib/(systemd|man-db))(/|$)' || true)
[ -z "$left" ] || fail "left behind: $left"
echo "the chain ran, $(echo "$verbs" | wc -l) verbs have manual pages, completions complete, nothing is left"
