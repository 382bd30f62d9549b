-- The same in Datalog's spelling.
relation edge(x: int, y: int).
relation path(x: int, y: int).
relation far(x: int).
edge(1, 2). edge(2, 3). edge(4, 4).
path(X, Y) :- edge(X, Y).
path(X, Y) :- edge(X, Z), path(Z, Y).
far(Y) :- path(1, Y), not edge(1, Y); edge(Y, Y), Y > 3.
export far to "far.tsv".
