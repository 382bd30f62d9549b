-- Negations that move inwards, and those that stay around what shares a local
-- variable; alternatives have their own variables.
a(1). a(2). e(1, 2). f(2).
p(X) if a(X) and not (e(X, Y) and not p(Y)).
q(X) if a(X) and not (a(Z) and Z = X and not q(Z)).
r(X) if a(X) and not (a(X) and not r(X)).
p1(X) if a(X) and not (e(X, Y) or not f(X) and f(Y)).
q1(X) if a(X) and not (not e(X, Y) or not (f(X) or e(Y, _) and f(Z))).
relation n(x: int, c: int).
n(X, count()) if a(X) and not not a(_) and not not e(_, Y).
