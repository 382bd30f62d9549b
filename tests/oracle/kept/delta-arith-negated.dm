-- Arithmetic in an argument under a negation that recurs.
relation p1(c1: int).
e2(2, 3).
p2(Z, Y + 1) if e2(Z, Y) and e2(W, Y) and not (p2(W + 1, _) and not p1(W)).
