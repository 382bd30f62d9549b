-- From 1, sums below 9: eight rows.
relation t(x: int).
t(1).
t(X + Y) if t(X) and t(Y) and X + Y < 9.
export t to "t.tsv".
