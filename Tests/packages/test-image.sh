#!/usr/bin/env bash
# Runs a task by the image `spool:latest`: under podman, or where no container can be run, as in one,
# under buildah in a chroot. Looks whether the image has one layer.
set -euo pipefail

fail() {
  echo "test-image: $*" >&2
  exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
layers=$(podman image inspect localhost/spool:latest --format '{{len .RootFS.Layers}}')
[ "$layers" = 1 ] || fail "it has $layers layers"

if podman run --rm localhost/spool:latest --version >/dev/null 2>&1; then
  way=podman
  spool() { podman run --rm -v "$work:/w" localhost/spool:latest "$@"; }
else
  way="buildah, in a chroot: no container can be run here"
  # Each of the two tools may have chosen another way to store images.
  driver=$(podman info --format '{{.Store.GraphDriverName}}')
  build() { buildah --storage-driver "$driver" "$@"; }
  container=$(build from localhost/spool:latest)
  trap 'build rm "$container" >/dev/null; rm -rf "$work"' EXIT
  spool() { build run --isolation chroot -v "$work:/w" "$container" -- /usr/bin/spool "$@"; }
fi

spool --version | grep -qE '^[0-9]+\.[0-9]+\.[0-9]+' || fail "it does not say its version"
spool init /w/spool >/dev/null 2>&1
spool submit --spool /w/spool --name own --count 3 --chdir '{scratch}' \
  -- /usr/bin/spool --version >/dev/null 2>&1
spool up --spool /w/spool --cpus 1 --exit-when-idle >"$work/log" 2>&1 || true
spool status --spool /w/spool own >"$work/status" 2>&1
grep -qE '^jobs +3 done, 0 failed' "$work/status" || {
  cat "$work/log" "$work/status" >&2
  fail "the task did not come to its end"
}
[ "$(spool logs --spool /w/spool own 2>/dev/null | grep -cE '^[0-9]+\.[0-9]+\.[0-9]+$')" = 3 ] ||
  fail "the payloads did not print"
echo "test-image: one layer, and a task done ($way)"
