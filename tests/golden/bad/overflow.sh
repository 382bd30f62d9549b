cat > p.dm <<END
relation n(x: int).
n(9223372036854775807).
relation m(x: int).
grow: m(X + 1) if n(X).
END
"$D" eval p.dm --count
