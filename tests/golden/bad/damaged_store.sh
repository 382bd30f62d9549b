# Bytes near the end of every page after the first two, where LMDB keeps the
# first records of the page.
cp "$KB" damaged.store
size=$(wc -c < damaged.store)
at=12280
while [ $at -lt $size ]; do
  printf XXXX | dd of=damaged.store bs=1 seek=$at conv=notrunc 2> /dev/null
  at=$((at + 4096))
done
# What is found first depends on the layout.
printed=$("$D" query damaged.store "age(A, Y)" 2>&1)
status=$?
echo "$printed" | sed 's/is damaged: .*/is damaged: .../'
exit $status
