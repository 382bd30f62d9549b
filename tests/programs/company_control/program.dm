-- Who controls whom: more than half of the shares, own and those of companies
-- controlled, three steps deep.  (A sum that feeds itself is refused.)
relation owns(owner: symbol, company: symbol, share: int).
owns(a, b, 60). owns(a, c, 30). owns(b, c, 25).
owns(c, d, 51). owns(b, d, 40). owns(e, d, 9).
relation one(x: symbol, y: symbol).
relation two(x: symbol, y: symbol).
relation three(x: symbol, y: symbol).
relation voted1(x: symbol, y: symbol, n: int).
relation voted2(x: symbol, y: symbol, n: int).
one(X, Y) if owns(X, Y, N) and N > 50.
voted1(X, Y, sum(N)) if (Z = X and owns(X, _, _) or one(X, Z))
  and owns(Z, Y, N).
two(X, Y) if voted1(X, Y, N) and N > 50.
voted2(X, Y, sum(N)) if (Z = X and owns(X, _, _) or two(X, Z))
  and owns(Z, Y, N).
three(X, Y) if voted2(X, Y, N) and N > 50.
export one to "one.tsv".
export two to "two.tsv".
export three to "three.tsv".
