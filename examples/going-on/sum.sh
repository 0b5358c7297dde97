#!/bin/sh
# A long computation that can be interrupted: sums the squares of the numbers up to LAST.
#
#   sum.sh OUTPUT LAST
#
# Its state is the next number and the sum so far. When USR1 comes it writes that to $SPOOL_CHECKPOINT,
# and ends with exit code 85: not done. The next attempt goes on from there.
set -eu
output=$1
last=$2
next=1
sum=0
if [ -e "$SPOOL_CHECKPOINT" ]; then read -r next sum <"$SPOOL_CHECKPOINT"; fi
echo "going on for the ${SPOOL_RESUMED}th time, at $next"

stop=
trap 'stop=yes' USR1
while [ "$next" -le "$last" ]; do
  if [ -n "$stop" ]; then
    # Beside and renamed: under its name it is never half.
    echo "$next $sum" >"$SPOOL_CHECKPOINT.new"
    mv "$SPOOL_CHECKPOINT.new" "$SPOOL_CHECKPOINT"
    exit 85
  fi
  sum=$((sum + next * next))
  next=$((next + 1))
  # The signal goes to the whole process group: to sleep, too, which dies of it.
  sleep 0.05 || :
done
echo "$sum" >"$output"
