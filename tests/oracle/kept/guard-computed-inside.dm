-- What an atom under a negation computes with is bound beside it only through
-- the atom itself.
relation s1(c1: symbol, c2: int).
relation p1(c1: symbol).
relation p2(c1: int, c2: int).
-p3(X) if s1(A, X) and not (p2(K, X + 1) and -p3(L) and p1{c1 = C} and K = X).
