-- A symbol and a string are one thing; strings are ordered by their bytes.
relation word(w: symbol).
word(tea). word("tea"). word("Tea"). word("green tea"). word("th\u{e9}").
relation size(w: symbol, n: int).
relation loud(w: symbol, up: symbol).
relation joined(w: symbol).
relation first(w: symbol).
relation before(v: symbol, w: symbol).
size(W, length(W)) if word(W).
loud(W, upper(W)) if word(W) and W = tea.
joined(concat(W, concat("-", N))) if word(W) and N = length(W) and N < 4.
first(min(W)) if word(W).
before(V, W) if word(V) and word(W) and V < W and W <= "green tea".
export size to "size.tsv".
export loud to "loud.tsv".
export joined to "joined.tsv".
export first to "first.tsv".
export before to "before.tsv".
