out=$1
shift
sum=0
for file in "$@"; do sum=$((sum + $(cat "$file"))); done
echo $sum >"$out"
