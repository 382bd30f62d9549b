a(X) if b(X) && c(X).
a(X) <- b(X).
a(X) if X == 3.
a(X) if X <> 3.
a(X) if X =< 3.
a(X) if b(X) || c(X).
a(X) if !b(X).
a(X) if \+ b(X).
