-- Braces with `or` whose second branch doesn't bind Y: what binds Y outside is
-- undefined, the sum of what is inside isn't: h2(0, 2) is disputed, and
-- nothing else.
e1(1, 1).
e3(1).
relation d1(c1: int, c2: int).
relation u1(c1: int).
relation h2(c1: int, c2: int).
d1(X, 2) :- e3(X).
u1(X) :- e1(X, _), not u1(X).
h2(0, N) :- u1(Y), N = sum{ S : (d1(Y, S) or d1(S, _)) and S > 1 }.
