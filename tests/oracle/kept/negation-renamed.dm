-- A variable of one name in alternatives under several negations.
relation e1(c1: int, c2: int).
relation e2(c1: int, c2: int).
relation e3(c1: int).
relation s1(c1: symbol, c2: int).
relation u1(c1: int).
p2(Z, Z) if e3(Z) and not (u1(Z) and ((e3(K) and not e1(K, K)) or not ((e2(K, Z + 1) and s1{c1 = B, c2 = K + 1} and u1(Z)) or (e3(K) and e3(L) and L != 3 and Z > 0)))).
