# To be sourced: says on which filesystem a directory lies, and warns of one that bends the numbers.

# ground DIRECTORY
ground() {
  local kind device
  kind=$(df --output=fstype "$1" | tail -n 1)
  device=$(df --output=source "$1" | tail -n 1)
  echo "on $kind, $1"
  if [ "$kind" = ext4 ] && ! compgen -G "/proc/fs/jbd2/${device##*/}-*" >/dev/null; then
    echo "warning: this ext4 has no journal, and creates there are slow for minutes after removals;" \
      "set TMPDIR to a directory of tmpfs or of an ext4 with one" >&2
  fi
}
