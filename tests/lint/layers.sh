#!/bin/sh
# The layer rules of engine/: a folder includes only itself and those above it
# in the table; lmdb.h stays in store, lua.h in lua and main.
status=0
fail() { echo "lint: $1" >&2; status=1; }

allowed=
for layer in base store rules eval read kb lua main; do
  allowed="$allowed $layer"
  for file in engine/"$layer"/*.[ch]; do
    [ -e "$file" ] || continue
    for used in $(sed -n 's/^ *# *include *"\([a-z]*\)\/.*/\1/p' "$file"); do
      case " $allowed " in
      *" $used "*) ;;
      *) fail "$file includes $used/, which is not below $layer" ;;
      esac
    done
  done
done
for file in $(grep -lE '# *include *[<"]lmdb\.h' -r engine | grep -v '^engine/store/'); do
  fail "$file includes lmdb.h"
done
for file in $(grep -lE '# *include *[<"](lua|lauxlib|lualib)\.h' -r engine |
              grep -vE '^engine/(lua|main)/'); do
  fail "$file includes Lua's headers"
done
long=$(awk 'length > 100 {print FILENAME ":" FNR}' engine/*/*.[ch])
[ -z "$long" ] || fail "lines over 100 columns: $long"
exit $status
