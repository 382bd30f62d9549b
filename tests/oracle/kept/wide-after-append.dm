-- error; threads 1, forced: small,bits,binary,written,demand
-- memory ran out
r1(8, -14).
r2(36, 16).
q2(X, Y) :- r1(Y, X).
q2(W, X) :- r1(X, Y), r2(W, Z).
