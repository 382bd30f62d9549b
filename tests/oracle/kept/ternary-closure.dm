-- A relation of three columns that its own rule asks for rows of, all columns
-- known, while it grows: literals behind the new one.
relation e(a: int, p: int, b: int).
relation t(a: int, p: int, b: int).
e(1, 1, 2). e(2, 1, 3). e(3, 1, 4). e(4, 1, 5). e(5, 1, 1). e(2, 1, 2).
e(1, 2, 3). e(3, 2, 3). e(3, 2, 5). e(5, 2, 2). e(2, 2, 1). e(4, 2, 4).
e(1, 1, 1). e(6, 1, 2). e(6, 2, 1). e(6, 2, 6). e(7, 1, 6). e(7, 1, 7).
t(X, P, Y) if e(X, P, Y).
t(X, P, Z) if t(X, P, Y) and t(Y, P, Z) and t(X, P, X).
t(X, P, Y) if e(X, _, Y) and t(X, P, X) and t(Y, P, Y) and t(Y, P, X).
