-- The same where both alternatives rename theirs.
relation e1(c1: int, c2: int).
relation e2(c1: int, c2: int).
relation e3(c1: int).
relation f1(c1: int, c2: float).
relation u1(c1: int).
-p1(Z, Z) :- f1(Z, F), not (e3(L) and not ((not ((-p1(K, L) and f1{c1 = Z, c2 = -1.5}) or (e1(K, 1) and u1(L) and u1{c1 = L + 1})) and not (e2(L + 1, Z) and L >= L)) or (u1(K) and not (p1(Z, 2)) and not f1(L, -1.5))) and f1(Z, F)).
