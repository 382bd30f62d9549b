relation e(x: int, y: int).
relation d(x: int, n: int).
e(1, 2).
d(X, min(Y)) if e(X, Y).
d(Y, max(N)) if d(X, N) and e(X, Y).
