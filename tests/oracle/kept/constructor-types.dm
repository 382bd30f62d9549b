-- A variable taken out of a compound has the type its constructor declares.
term pair(x: int, y: int).
relation t1(c1: term).
relation p1(c1: int).
e1(1, 2).
t1(pair(X, Y)) if e1(X, Y).
p1(X + 1) if t1(pair(X, _)).
