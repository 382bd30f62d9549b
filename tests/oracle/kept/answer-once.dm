-- rows; threads 1, forced: small,bits
-- asked1(): expected true, got disputed
relation e3(c1: int).
relation p3(c1: int).
e1(1, 2).
e3(0).
p3(X) :- e3{c1 = X}.
p3(W) :- e1(X, W), not p3{c1 = W}.
-- ask asked1 if p3(_).
