n=$(cat "$1")
echo $((n * n)) >"$2"
