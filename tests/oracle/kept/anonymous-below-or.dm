-- `_` tells instances apart in a body with `or` too: the sum is 4.
e2(2, 3).
e3(2).
e3(1).
relation g2(c1: int, c2: int).
g2(X, sum(X)) if e3(_) and e3(X) and (e2(X, X + 1) or X < X).
