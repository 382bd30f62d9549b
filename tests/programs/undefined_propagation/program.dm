-- What rests on something disputed is disputed, unless it holds otherwise.
relation says(who: symbol).
says(ann). says(bob).
relation left.
relation right.
relation goes(who: symbol).
relation stays(who: symbol).
relation either.
relation never_both.
relation n(n: int).
relation some(n: int).
relation far.
left if not right.
right if not left.
goes(ann) if left.
goes(bob) if says(bob).
stays(W) if says(W) and not goes(W).
either if left.
either if says(ann).
never_both if left and not says(ann).
n(count()) if goes(_).
-- Whether or not ann goes, the greatest is the 2 of bob: true.
some(max(N)) if goes(W) and (W = ann and N = 1 or W = bob and N = 2).
far if n(N) and N > 1.
export goes to "goes.tsv".
export stays to "stays.tsv".
export either to "either.tsv".
export never_both to "never_both.tsv".
export n to "n.tsv".
export some to "some.tsv".
export far to "far.tsv".
