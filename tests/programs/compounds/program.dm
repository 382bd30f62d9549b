-- Terms are built in heads and taken apart in bodies.
term point(x: int, y: int).
term segment(from: term, to: term).
relation at(p: term).
relation line(s: term).
relation reach(s: term, n: int).
relation ends(x: int).
at(point(0, 0)). at(point(0, 3)). at(point(4, 3)).
line(segment(P, Q)) if at(P) and at(Q) and P != Q
  and P = point(X1, Y1) and Q = point(X2, Y2)
  and (X1 = X2 and Y1 < Y2 or Y1 = Y2 and X1 < X2).
reach(S, X2 - X1 + Y2 - Y1) if line(S)
  and S = segment(point(X1, Y1), point(X2, Y2)).
ends(X) if line(segment(_, point(X, _))).
export line to "line.tsv".
export reach to "reach.tsv".
export ends to "ends.tsv".
