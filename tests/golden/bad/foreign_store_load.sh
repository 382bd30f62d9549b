head -c 20000 /dev/zero > foreign.store
"$D" load foreign.store "$BASE"
status=$?
[ "$(tr -d '\000' < foreign.store | wc -c)" = 0 ] || echo "the file was changed"
exit $status
