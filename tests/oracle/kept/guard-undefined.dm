-- What binds X is undefined; what is negated is true: the body is false.
e1(1, 0).
f1(2, 0.5).
u1(X) if e1(X, _) and not u1(X).
g2(Y) if u1(Y) and not f1(Y + 1, _).
g3(Y) if u1(Y) and not (f1(K, _) and K > Y).
