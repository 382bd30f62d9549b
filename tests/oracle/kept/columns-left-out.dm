-- Columns that an atom leaves out tell instances apart as `_` does.
relation q(x: int, y: int).
relation p(x: int).
relation r(x: int, y: int).
relation a(x: int, y: int).
q(1,2). q(1,3). p(1). r(2,2). p(3).
a(X, count()) if q(X,_) and (p(X) or p(3)) and not r(X,_).
b(N) if p(1) and N = count{ q(X,_) and (p(X) or p(3)) and not r(X,_) }.
c(N) if p(1) and N = count{ q{x = X} and not (p(2) and r(X,_)) }.
d(N) if p(1) and N = count{ q{x = X} and X < 4 and not r{x = X} }.
relation e(x: int, y: int).
e(X, count()) if q{x = X} and (p(X) or p(3)) and not r{x = X}.
