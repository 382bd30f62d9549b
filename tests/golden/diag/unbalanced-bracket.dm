member(a, b.
member(c, d)).
holds(X) if (member(X, c) and (member(X, d)).
holds(X) if n{ a = X.
