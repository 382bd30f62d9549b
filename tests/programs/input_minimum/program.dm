-- Facts of a relation with a recursive min join like its rules' rows: the
-- fact for b is bettered, the one for d stands.
relation edge(from: symbol, to: symbol, w: int).
relation dist(node: symbol, d: int).
edge(a, b, 4). edge(b, c, 1). edge(c, a, 1). edge(c, d, 5).
dist(a, 0). dist(b, 9). dist(d, 2).
dist(Y, min(D + W)) if dist(X, D) and edge(X, Y, W).
export dist to "dist.tsv".
