-- What binds W for the negated condition computes with X, so what binds X
-- must be repeated with it.
e1(1, 1). e2(3, 2). e3(3).
relation p3(c1: int).
p3(W) if e1(_, X) and e2(X + 2, W) and not (e3(K) and K < W).
p4(W) if e1(_, X) and e2(X + 2, W) and not (e3(K) and K > W).
relation p4(c1: int).
