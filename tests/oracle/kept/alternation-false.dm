-- A row that turns out undefined in a component that alternates.
private relation p2(c1: int, c2: int, c3: int).
e1(1, 3).
u1(X) if e1(X, _) and not u1(X).
p1 if u1(W).
p1 if p2(W, W, Y).
-p1 if p1.
p2{c1 = Y + 1, c2 = W, c3 = Y} if p4(W, Y) and not p1.
p4(1, 1) if -p1.
p4(Y, W) if e1(W, Y).
