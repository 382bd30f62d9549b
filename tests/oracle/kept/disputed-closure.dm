-- A closure some of whose rows are disputed reads its rows as sets by key
-- while its heads are looked up: neither may change what the other reads.
relation e(x: int, y: int).
relation p(x: int, y: int).
relation q(x: int, y: int).
e(0, 1).
e(1, 6).
e(2, 11).
e(3, 4).
e(4, 9).
e(5, 2).
e(6, 7).
e(7, 0).
e(8, 5).
e(9, 10).
e(10, 3).
e(11, 8).
e(0, 2).
e(1, 9).
e(2, 4).
e(3, 11).
e(4, 6).
e(5, 1).
e(6, 8).
e(7, 3).
e(8, 10).
e(9, 5).
e(10, 0).
e(11, 7).
q(X, Y) if e(X, Y) and X < 6 and not q(Y, X).
p(X, Y) if e(X, Y).
p(X, Y) if q(Y, X).
p(X, Z) if p(X, Y) and p(Y, Z) and not q(Z, X).
