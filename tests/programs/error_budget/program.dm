-- Unbounded invention is warned about, and stopped by the budget, with the
-- rule at fault named.
relation n(x: int).
n(0).
count_on: n(X + 1) if n(X).
export n to "n.tsv".
