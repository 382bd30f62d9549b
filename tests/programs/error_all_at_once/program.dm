-- All mistakes of a program are reported in one go.
relation edge(x: int, y: int).
relation path(x: int, y: int).
edge(1, 2, 3).
path(X, Z) if edge(X, Y).
path(X) if edge(X, _).
path(X, Y) if egde(X, Y).
path(X, Y) if edge(X, Y) and not path(Y, W) and W > 1.
