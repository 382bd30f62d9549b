echo "relation p(x: int)." > p.dm
"$D" eval p.dm -j many
