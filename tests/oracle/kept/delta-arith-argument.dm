-- A recursive atom with arithmetic in an argument.
e3(3).
u1(X) :- e3(X).
relation p2(c1: int).
p2(X + 1) :- e3(X).
p2{c1 = X} :- u1(X), p2{c1 = X + 1}.
