-- An odd loop beside a fact of its own component.
private relation p2(c1: int, c2: int).
e3(0).
-p3(Y, Y) :- p2{c1 = Y, c2 = Y}, (p4 ; Y != Y).
-p3(Z, Z) :- e3(Z).
p4 :- -p3(X, Y), not p4.
