#!/usr/bin/env bash
# Fails for a program that needs other libraries than the C library's, or a later version of it than
# given.
#
#     needs.sh PROGRAM GLIBC
set -euo pipefail
program=$1
most=$2
others=$(readelf -dW "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
  grep -vE '^(libc|libm|libdl|libpthread|ld-linux-[a-z0-9-]+)\.so\.[0-9]+$' || true)
if [ -n "$others" ]; then
  echo "needs: $program wants" $others >&2
  exit 1
fi
latest=$(readelf -VW "$program" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -uV | tail -1)
if [ "$(printf '%s\n' "$latest" "$most" | sort -V | tail -1)" != "$most" ]; then
  echo "needs: $program wants glibc $latest, and $most is the latest that it may" >&2
  exit 1
fi
echo "needs glibc $latest or later, and nothing else"
