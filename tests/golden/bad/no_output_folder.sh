cat > p.dm <<END
relation n(x: int).
relation m(x: int).
n(1).
m(X) if n(X).
export m to "m.tsv".
END
"$D" eval p.dm -D nowhere/deep
