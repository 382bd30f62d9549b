a(X) if 5.
a(X) if b(X) and X.
a(X) if X = (b and c).
a(X) if b(X < 3).
a(X) if "b".
a(X) if not.
a(X) if b(X) and or c(X).
a(X) if b(X), .
a(X) if b(X) c(X).
x states 1 < 2.
