-- A cycle through negation in which the negated atom turns out true.
relation p2(c1: int).
e1(1, 1).
e3(1).
p1(Z, Z, Q) :- e3(Z), (e1(Q, Z) ; e1(Q, X)).
p1(0, 3, W) :- p1(W, Y, Y), not p2{c1 = Y}.
p2(W) :- p1(W, X, _).
