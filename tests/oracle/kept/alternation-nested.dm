-- A negation nested in a negation, in a component that recurs.
relation e3(c1: int).
term pair(x: int, y: int).
relation u1(c1: int).
relation p3(c1: int).
e1(2, 1).
e3(3).
t1(pair(X, Y)) if e1(X, Y).
u1(X) if e1(X, _) and not u1(X).
p2 if -p3(Z).
p2 if e1(_, Y).
-p3{c1 = X} if t1(pair(X, _)) and p2 and not (e3{c1 = _} and not u1{c1 = X}).
