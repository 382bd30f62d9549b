cat > p.dm <<END
relation n(x: int).
n(0).
count_on: n(X + 1) if n(X).
END
"$D" eval p.dm --count --facts 1000
